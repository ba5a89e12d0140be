//! The native machine document.

#![expect(clippy::unwrap_used, reason = "helpers of tests fail by panicking")]

use kbgap_catalog::{Architecture, InstallationType};
use kbgap_inventory::Machine;
use kbgap_inventory::native::{self, Record};
use proptest::prelude::*;

const WHOLE: &str = r#"{
  "computerDnsName": " pc-017.contoso.com ", "id": "1E5BC9D7E413DDD7902C2932E418702B84D0CC07",
  "os": {"platform": "Windows10", "version": "10.0.18363.592", "architecture": "x64", "installationType": "Client", "edition": "Enterprise", "servicePack": 0},
  "installedKbs": [{"id": "4528760", "installedOn": "2020-01-15"}, "KB4516115", 4537759, "4528760"],
  "software": [{"vendor": "Microsoft Corporation", "name": "Microsoft Edge", "version": "80.0.361.66"},
               {"name": "Update for Windows 10 for x64-based Systems (KB5001716)"}],
  "group": "Finance", "tags": ["pilot", "a", "pilot"], "pendingReboot": false, "hotpatch": false, "secureBoot": true, "winRe": true,
  "dotNet": {"versions": ["4.8", " 3.5 ", "4.8"], "fileVersions": ["4.8.4718.0"]},
  "seenAt": "2020-03-20T08:00:00Z", "somethingNew": {"deep": [1]}
}"#;

fn error(json: &str) -> String {
    native::machine(json).unwrap_err().to_string()
}

#[test]
fn a_whole_document() {
    let machine = native::machine(WHOLE).unwrap();
    assert_eq!(
        machine.id.as_str(),
        "1e5bc9d7e413ddd7902c2932e418702b84d0cc07"
    );
    assert_eq!(machine.computer_dns_name, "pc-017.contoso.com");
    assert_eq!((machine.os.build, machine.os.revision), (18_363, Some(592)));
    assert_eq!(machine.os.architecture, Some(Architecture::X64));
    let kbs: Vec<_> = machine
        .installed_kbs
        .iter()
        .map(|kb| kb.id.number())
        .collect();
    assert_eq!(kbs, [4_516_115, 4_528_760, 4_537_759, 5_001_716]);
    assert_eq!(
        machine.installed_kbs[1].installed_on.unwrap().to_string(),
        "2020-01-15"
    );
    assert_eq!(machine.tags, ["a", "pilot"]);
    let dot_net = machine.dot_net.as_ref().unwrap();
    assert_eq!(dot_net.versions, ["3.5", "4.8"]);
    assert_eq!(dot_net.file_versions, ["4.8.4718.0"]);
    assert!(machine.software_reported && machine.seen_at.is_some());
}

#[test]
fn the_least_document_leaves_all_else_unknown() {
    let machine = native::machine(
        r#"{"computerDnsName":"pc","os":{"version":"6.1.7601"},"software":null,"secureBoot":null}"#,
    )
    .unwrap();
    assert_eq!(
        (
            machine.os.revision,
            machine.os.architecture,
            machine.os.installation_type
        ),
        (None, None, None)
    );
    assert!(!machine.software_reported);
    assert_eq!(machine.secure_boot, None);
    assert_eq!(machine.id, kbgap_inventory::MachineId::from_name("PC"));
}

#[test]
fn the_platform_is_a_hint() {
    let of = |platform: &str| {
        let json = format!(
            r#"{{"computerDnsName":"pc","os":{{"version":"10.0.17763","platform":"{platform}"}}}}"#
        );
        native::machine(&json).unwrap().os.installation_type
    };
    assert_eq!(of("Windows10"), Some(InstallationType::Client));
    assert_eq!(
        of("Microsoft Windows Server 2019 Standard"),
        Some(InstallationType::Server)
    );
    assert_eq!(of("Windows"), None);
}

#[test]
fn what_is_wrong_is_refused_with_its_path() {
    for (json, path) in [
        (r#"{"os":{"version":"10.0.1"}}"#, "computerDnsName"),
        (
            r#"{"computerDnsName":"  ","os":{"version":"10.0.1"}}"#,
            "computerDnsName",
        ),
        (
            r#"{"computerDnsName":"a\u0007b","os":{"version":"10.0.1"}}"#,
            "computerDnsName",
        ),
        (r#"{"computerDnsName":"a","os":{}}"#, "os"),
        (
            r#"{"computerDnsName":"a","os":{"version":"ten"}}"#,
            "os.version",
        ),
        (
            r#"{"computerDnsName":"a","os":{"version":10}}"#,
            "os.version",
        ),
        (
            r#"{"computerDnsName":"a","os":{"version":"10.0.18363.592","architecture":"mips"}}"#,
            "os.architecture",
        ),
        (
            r#"{"computerDnsName":"a","os":{"version":"10.0.1"},"installedKbs":["4528760",{"id":"x"}]}"#,
            "installedKbs[1].id",
        ),
        (
            r#"{"computerDnsName":"a","os":{"version":"10.0.1"},"installedKbs":"4528760"}"#,
            "installedKbs",
        ),
        (
            r#"{"computerDnsName":"a","os":{"version":"10.0.1"},"secureBoot":"yes"}"#,
            "secureBoot",
        ),
        (
            r#"{"computerDnsName":"a","os":{"version":"10.0.1"},"seenAt":"yesterday"}"#,
            "seenAt",
        ),
        (
            r#"{"computerDnsName":"a","os":{"version":"10.0.1"},"id":"xyz"}"#,
            "id",
        ),
    ] {
        assert!(error(json).contains(path), "{json}: {}", error(json));
    }
    let long = "x".repeat(300);
    assert!(
        error(&format!(
            r#"{{"computerDnsName":"{long}","os":{{"version":"10.0.1"}}}}"#
        ))
        .contains("255")
    );
    let kbs = vec!["4528760"; 10_001].join(",");
    assert!(
        error(&format!(
            r#"{{"computerDnsName":"a","os":{{"version":"10.0.1"}},"installedKbs":[{kbs}]}}"#
        ))
        .contains("10000")
    );
}

#[test]
fn messages_name_what_was_expected_and_no_place_that_misleads() {
    let good = r#"{"computerDnsName":"a","os":{"version":"10.0.18363"}}"#;
    let records = native::read(&format!(
        "[{good}, 7, {{\"computerDnsName\":\"b\"}}, {}]",
        r#"{"computerDnsName":"c","os":{"version":"10.0.1"},"seenAt":"yesterday"}"#
    ))
    .unwrap();
    let messages: Vec<String> = records
        .into_iter()
        .filter_map(|r| r.machine.err())
        .map(|e| e.to_string())
        .collect();
    assert_eq!(
        messages,
        [
            "invalid type: integer `7`, expected a machine document (an object with `computerDnsName` and `os`)",
            "missing field `os`",
            "seenAt: `yesterday` is no time with zone (expected such as 2020-03-20T08:00:00Z)",
        ]
    );
    assert_eq!(
        native::machine("{\"computerDnsName\":")
            .unwrap_err()
            .to_string(),
        "computerDnsName: is cut off at line 1 column 19: EOF while parsing a value"
    );
    let lines = native::read(&format!("{good}\nnot json\n")).unwrap();
    let error = lines[1].machine.as_ref().unwrap_err().to_string();
    assert_eq!(error, "is no JSON at line 1 column 2: expected ident");
}

#[test]
fn a_bad_record_never_spoils_its_batch() {
    let good = r#"{"computerDnsName":"a","os":{"version":"10.0.18363"}}"#;
    let bad = r#"{"computerDnsName":"b","os":{"version":"?"}}"#;
    let shape = |records: Vec<Record>| -> Vec<(usize, Option<usize>, bool)> {
        records
            .iter()
            .map(|r| (r.index, r.line, r.machine.is_ok()))
            .collect()
    };
    let array = native::read(&format!("\u{feff} [{good},{bad}, 7, {good}]")).unwrap();
    assert_eq!(
        shape(array),
        [
            (0, None, true),
            (1, None, false),
            (2, None, false),
            (3, None, true)
        ]
    );
    let lines = native::read(&format!(
        "{good}\n\n{bad}\n{{\"computerDnsName\":\n{good}\n"
    ))
    .unwrap();
    assert_eq!(
        shape(lines),
        [
            (0, Some(1), true),
            (1, Some(3), false),
            (2, Some(4), false),
            (3, Some(5), true)
        ]
    );
}

#[test]
fn a_bad_first_line_spoils_no_other() {
    let good = r#"{"computerDnsName":"a","os":{"version":"10.0.18363.592"}}"#;
    let records = native::read(&format!("garbage\n{good}\n")).unwrap();
    assert!(records[0].machine.is_err() && records[1].machine.is_ok());
    let lines = [b"[1]\r\n\xff\n", good.as_bytes()].concat();
    let records = native::read_lines(&lines);
    let lines: Vec<_> = records
        .iter()
        .map(|r| (r.line, r.machine.is_ok()))
        .collect();
    assert_eq!(lines, [(Some(1), false), (Some(2), false), (Some(3), true)]);
    assert_eq!(
        records[1].machine.clone().unwrap_err().to_string(),
        "is not UTF-8"
    );
}

#[test]
fn an_array_is_no_object_whatever_its_order() {
    for (json, path) in [
        (
            r#"["a", null, ["10.0.18363.592"]]"#,
            "expected a machine document",
        ),
        (r#"{"computerDnsName":"a","os":["10.0.18363.592"]}"#, "os: "),
        (
            r#"{"computerDnsName":"a","os":{"version":"10.0.1"},"software":[["x"]]}"#,
            "software[0]: ",
        ),
    ] {
        assert!(error(json).contains(path), "{}", error(json));
    }
}

#[test]
fn a_text_that_is_no_batch_is_refused_whole() {
    for text in [
        "",
        "hello",
        "[1,",
        "{\"computerDnsName\": \"a\", \"os\":",
        "\"x\"",
        "7",
    ] {
        assert!(native::read(text).is_err(), "{text}");
    }
}

#[test]
fn the_hash_is_of_the_content_and_not_of_order_or_time() {
    let a = native::machine(WHOLE).unwrap();
    let reordered = WHOLE
        .replace("2020-03-20T08", "2021-03-20T08")
        .replace(r#""KB4516115", 4537759"#, r#"4537759, "4516115""#);
    let b = native::machine(&reordered).unwrap();
    assert_eq!(a.encoded().unwrap(), b.encoded().unwrap());
    let c = native::machine(&WHOLE.replace("18363.592", "18363.720")).unwrap();
    assert_ne!(a.encoded().unwrap().1, c.encoded().unwrap().1);
}

#[test]
fn what_is_stored_comes_back_without_its_time() {
    let mut machine = native::machine(WHOLE).unwrap();
    let (stored, _) = machine.encoded().unwrap();
    machine.seen_at = None;
    assert_eq!(serde_json::from_slice::<Machine>(&stored).unwrap(), machine);
}

/// Records of one batch are told apart only where one is wrong: that must not show.
#[test]
fn an_array_says_the_same_of_its_records_as_they_do_alone() {
    let named = |name: &str| {
        WHOLE.replacen(
            "\"computerDnsName\"",
            &format!("\"was\": \"{name}\", \"computerDnsName\""),
            1,
        )
    };
    let sound = [named("a"), named("b")];
    let mut wrong = sound.to_vec();
    wrong.push(r#"{"computerDnsName":" ","os":{"version":"10.0.1"}}"#.to_owned());
    wrong.push(WHOLE.replace("18363.592", "x"));
    for records in [&sound[..], &wrong[..]] {
        let read = native::read(&format!("[{}]", records.join(","))).unwrap();
        assert_eq!(read.len(), records.len());
        for (record, alone) in read.iter().zip(records) {
            assert_eq!(record.machine, native::machine(alone));
            let same = native::read(alone).unwrap();
            assert_eq!(record.machine, same[0].machine);
        }
    }
}

proptest! {
    #[test]
    fn nothing_panics(text in "\\PC{0,100}", cut in 0_usize..900, position in 0_usize..900, character in any::<char>()) {
        let _ = native::read(&text);
        let mut mutated: Vec<char> = WHOLE.chars().collect();
        let position = position % mutated.len();
        mutated[position] = character;
        mutated.truncate(cut);
        let _ = native::read(&mutated.into_iter().collect::<String>());
    }
}

#[test]
fn versions_of_dot_net_are_versions() {
    let with = |dot_net: &str| {
        format!(r#"{{"computerDnsName":"pc","os":{{"version":"6.1.7601"}},"dotNet":{dot_net}}}"#)
    };
    let wrong = error(&with(r#"{"fileVersions":["4.8.4718.0","newest"]}"#));
    assert!(
        wrong.contains("dotNet.fileVersions") && wrong.contains("`newest` is no version"),
        "{wrong}"
    );
    let many = format!(r#"{{"versions":[{}"4.8"]}}"#, "\"4.8\",".repeat(50));
    assert!(error(&with(&many)).contains("more than 50 entries"));
    assert!(error(&with("[]")).contains("an object with `versions`"));
    assert_eq!(native::machine(&with("null")).unwrap().dot_net, None);
}
