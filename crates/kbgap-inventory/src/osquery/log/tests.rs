//! Every form of a body, and what is wrong with some.

use super::*;

fn one(line: &str) -> Entry {
    let body = format!(r#"{{"node_key":"k","log_type":"result","data":[{line}]}}"#);
    let log = read_log(&body, 99).unwrap();
    assert_eq!(log.refused, (0, None), "{line}");
    log.entries.into_iter().next().unwrap()
}

#[test]
fn every_form_of_a_result() {
    let row = || vec![Row::from([("hotfix_id", "KB1"), ("n", "2")])];
    let columns = r#"{"hotfix_id":"KB1","n":2}"#;
    let rest = r#""name":"pack_kbgap_kbgap_patches","hostIdentifier":"h","calendarTime":"Thu Mar 26 12:00:00 2020 UTC","unixTime":7,"epoch":3,"counter":1,"numerics":true,"decorations":{"a":"b"}"#;
    let difference = |added, removed| Change::Difference { added, removed };
    for (form, change) in [
        (
            format!(r#""columns":{columns},"action":"added""#),
            difference(row(), vec![]),
        ),
        (
            format!(r#""columns":{columns},"action":"removed""#),
            difference(vec![], row()),
        ),
        (
            format!(r#""diffResults":{{"added":[{columns}],"removed":""}}"#),
            difference(row(), vec![]),
        ),
        (
            format!(r#""diffResults":{{"removed":[{columns}],"added":[]}}"#),
            difference(vec![], row()),
        ),
        (
            format!(r#""snapshot":[{columns}],"action":"snapshot""#),
            Change::All(row()),
        ),
        (
            format!(r#""columns":{columns},"action":"snapshot""#),
            Change::All(row()),
        ),
        (
            r#""snapshot":[],"action":"snapshot""#.to_owned(),
            Change::All(vec![]),
        ),
        (r#""action":"snapshot""#.to_owned(), Change::All(vec![])),
    ] {
        let entry = one(&format!("{{{form},{rest}}}"));
        assert_eq!(entry.query, Query::Patches);
        let run = Run {
            at: 7,
            counter: 1,
            epoch: 3,
        };
        assert_eq!((entry.run, entry.change), (run, change), "{form}");
    }
}

#[test]
fn numbers_may_be_texts_and_a_time_may_be_missing() {
    let entry = one(
        r#"{"name":"kbgap_patches","action":"added","columns":{},"unixTime":"8","epoch":"2","counter":"4"}"#,
    );
    let run = Run {
        at: 8,
        counter: 4,
        epoch: 2,
    };
    assert_eq!(entry.run, run);
    let entry = one(r#"{"name":"kbgap_patches","action":"added","columns":{}}"#);
    assert_eq!((entry.run.at, entry.run.counter), (99, 0));
}

#[test]
fn a_bad_line_spoils_no_other() {
    let good = r#"{"name":"kbgap_patches","action":"added","columns":{"a":"b"}}"#;
    for bad in [
        "5",
        "null",
        r#""x""#,
        r#"["kbgap_patches","snapshot"]"#,
        r#"{"name":"kbgap_patches","action":"added","columns":{"a":"\ud800"}}"#,
        r#"{"name":"kbgap_patches","action":"added","columns":[]}"#,
        r#"{"name":"kbgap_patches","action":"moved","columns":{}}"#,
        r#"{"name":"kbgap_patches","snapshot":{"a":1}}"#,
        r#"{"name":"kbgap_patches","snapshot":["a"]}"#,
        r#"{"name":"kbgap_patches","snapshot":""}"#,
        r#"{"name":"kbgap_patches","diffResults":{"added":{"a":"b"}}}"#,
        r#"{"name":"kbgap_patches"}"#,
    ] {
        let body = format!(r#"{{"node_key":"k","log_type":"result","data":[{bad},{good}]}}"#);
        let log = read_log(&body, 1).unwrap();
        assert_eq!((log.entries.len(), log.refused.0), (1, 1), "{bad}");
    }
}

#[test]
fn status_logs_and_other_queries_tell_nothing() {
    let log = read_log(
        r#"{"node_key":"k","log_type":"status","data":[{"hostIdentifier":"h","severity":"0","filename":"a.cpp","line":"1","message":"m","version":"5.12.1"}]}"#,
        1,
    );
    assert!(log.unwrap().entries.is_empty());
    let log = read_log(
        r#"{"log_type":"result","data":[{"name":"other","action":"added","columns":{}}]}"#,
        1,
    );
    assert_eq!(log.unwrap(), Log::default());
}

#[test]
fn answers_of_queries_that_succeeded() {
    let mut answers = read_answers(
        r#"{"node_key":"k","queries":{"kbgap_patches":[{"hotfix_id":"KB1"}],"kbgap_programs":[],
        "kbgap_kernel":[],"kbgap_time":[{"unix_time":"1585137600"}],"x":5},
        "statuses":{"kbgap_patches":0,"kbgap_programs":"0","kbgap_kernel":1,"kbgap_time":0,"x":0},
        "messages":{"kbgap_patches":"","kbgap_kernel":"no such table: kernel_info"},
        "stats":{"kbgap_patches":{"wall_time_ms":1,"user_time":1,"system_time":1,"memory":1}}}"#,
    )
    .unwrap();
    assert_eq!(answers.at, Some(1_585_137_600));
    let patches = vec![Row::from([("hotfix_id", "KB1")])];
    assert_eq!(
        answers.rows,
        [(Query::Patches, patches), (Query::Programs, vec![])]
    );
    let failed = (
        "kbgap_kernel".to_owned(),
        "no such table: kernel_info".to_owned(),
    );
    assert_eq!(answers.failed.remove(0), failed);
    // What is no list of rows is no answer.
    assert_eq!(answers.failed[0].0, "x");
}

#[test]
fn messages_repeat_little_of_what_was_sent() {
    let long = "x".repeat(100_000);
    let line = format!(r#"{{"name":"kbgap_patches","action":"added","columns":"{long}"}}"#);
    let log = read_log(&format!(r#"{{"log_type":"result","data":[{line}]}}"#), 1).unwrap();
    let (count, reason) = log.refused;
    assert_eq!((count, reason.map(|reason| reason.len())), (1, Some(200)));
}

#[test]
fn a_key_is_found_wherever_it_stands() {
    let body = r#"{"data":[{"node_key":"x"},[[[]]]],"node_key":"k","log_type":"result"}"#;
    assert_eq!(read_key(body).unwrap(), "k");
    assert_eq!(read_key("{}").unwrap(), "");
    assert!(read_key(r#"{"node_key":"k""#).is_err());
}

/// Bodies of a few bytes a value must not take a hundred times that in memory.
#[test]
fn what_is_too_much_is_not_kept() {
    let body = |data: &str| format!(r#"{{"log_type":"result","data":[{data}0]}}"#);
    let read = |data: &str| read_log(&body(data), 1);
    assert_eq!(
        read(&"0,".repeat(MAX_LINES - 1)).unwrap().refused.0,
        MAX_LINES
    );
    let too_many = |result: Result<Log, BodyError>| matches!(result, Err(BodyError::TooMany));
    assert!(too_many(read(&"0,".repeat(MAX_LINES))));
    let rows: Vec<String> = (0..25_000).map(|n| format!(r#"{{"n":{n}}}"#)).collect();
    let line = format!(
        r#"{{"name":"kbgap_programs","snapshot":[{}]}},"#,
        rows.join(",")
    );
    assert_eq!(read(&line.repeat(4)).unwrap().entries.len(), 4);
    assert!(too_many(read(&line.repeat(5))));
    // Of answers that were never asked for only so many are looked at.
    let names: Vec<String> = (0..300).map(|n| format!(r#""q{n}":0"#)).collect();
    let names = names.join(",");
    let answers = read_answers(&format!(r#"{{"statuses":{{{names}}}}}"#));
    assert_eq!(answers.unwrap(), Answers::default());
    let answers = read_answers(&format!(r#"{{"queries":{{{names}}}}}"#));
    assert!(matches!(answers, Err(BodyError::TooMany)));
}
