//! `kbgap feed sync`, against a server on loopback that has the vendor's real documents.

use std::path::Path;
use std::process::Stdio;
use std::time::Duration;

use kbgap_testkit::shared;
use kbgap_testkit::vendor::{Fault, Vendor};

use crate::feed_lists::{KEV, epss};
use crate::harness::{Run, command, kbgap};
use crate::served::Served;

const IDS: [&str; 6] = [
    "2005-Mar",
    "2016-Apr",
    "2016-Jun",
    "2017-Feb",
    "2017-May-B",
    "2020-Mar",
];

fn vendor(ids: &[&str]) -> Option<Vendor> {
    let vendor = Vendor::start();
    vendor.publish_real(&shared()?, ids);
    Some(vendor)
}

fn sync(data: &Path, vendor: &Vendor, more: &[&str]) -> Run {
    let args = ["feed", "sync", "--url", &vendor.url, "--format", "json"];
    kbgap(data, &[&args[..], more].concat())
}

/// The catalogue: the same documents compile to the same bytes.
fn catalogue(data: &Path) -> Vec<u8> {
    kbgap(data, &["feed", "status"]).ok();
    std::fs::read(data.join("catalog.snapshot")).unwrap()
}

#[test]
fn what_is_new_or_changed_comes_and_nothing_else() {
    let Some(vendor) = vendor(&IDS) else { return };
    let data = tempfile::tempdir().unwrap();
    let first = sync(data.path(), &vendor, &[]).ok();
    let json = first.json();
    assert_eq!(json["listed"], 6);
    assert_eq!(json["new"].as_array().unwrap().len(), 6);
    assert_eq!(json["documents"], 6);
    assert!(json["kbs"].as_u64().unwrap() > 0);
    assert_eq!(first.stderr, "", "no bar where there is no terminal");
    assert_eq!(vendor.requests().len(), 7);

    let again = sync(data.path(), &vendor, &[]).ok().json();
    assert_eq!(
        (&again["unchanged"], &again["documents"]),
        (&json["listed"], &json["documents"])
    );
    assert_eq!(vendor.requests(), [("updates".to_owned(), 304)]);

    // The vendor publishes a month again, under a later date.
    let date = "<cvrf:CurrentReleaseDate>";
    let text = vendor.xml("2016-Apr");
    let from = text.find(date).unwrap() + date.len();
    let text = format!(
        "{}2026-03-01T08:00:00Z{}",
        &text[..from],
        &text[from + text[from..].find('<').unwrap()..]
    );
    vendor.publish("2016-Apr", "2026-03-01T08:00:00Z", text.into_bytes());
    let before = catalogue(data.path());
    let third = sync(data.path(), &vendor, &[]).ok().json();
    assert_eq!(third["changed"], serde_json::json!(["2016-Apr"]));
    assert_eq!(third["unchanged"], 5);
    let requests = vendor.requests();
    assert_eq!(
        requests,
        [("2016-Apr".to_owned(), 200), ("updates".to_owned(), 200)]
    );
    assert_ne!(catalogue(data.path()), before);
}

#[test]
fn documents_of_files_and_of_the_server_are_the_same() {
    let Some(vendor) = vendor(&IDS) else { return };
    let folder = shared().unwrap().join("data/msrc-cvrf-xml");
    let files = tempfile::tempdir().unwrap();
    for id in IDS {
        let path = folder.join(format!("{id}.xml.zst"));
        kbgap(files.path(), &["feed", "import", path.to_str().unwrap()]).ok();
    }
    drop(vendor.requests());
    let json = sync(files.path(), &vendor, &[]).ok().json();
    assert_eq!(json["unchanged"], 6);
    assert_eq!(vendor.requests().len(), 1, "the list alone was asked for");
    let synced = tempfile::tempdir().unwrap();
    sync(synced.path(), &vendor, &[]).ok();
    assert!(catalogue(files.path()) == catalogue(synced.path()));
}

#[test]
fn what_fails_is_told_and_comes_next_time() {
    let Some(vendor) = vendor(&IDS) else { return };
    let data = tempfile::tempdir().unwrap();
    vendor.fail("2016-Apr", vec![Fault::HalfUnannounced; 2]);
    vendor.fail("2016-Jun", [Fault::Status(404, "")]);
    vendor.fail("2017-Feb", [Fault::Drop]);
    vendor.fail("2020-Mar", [Fault::Status(429, "1")]);
    vendor.fail("updates", [Fault::Status(503, "")]);
    let run = sync(data.path(), &vendor, &["--attempts", "2"]);
    assert_eq!(run.code, 1);
    assert_eq!(run.json()["new"].as_array().unwrap().len(), 4);
    let failed = &run.json()["failed"];
    assert_eq!(
        (&failed[0]["id"], &failed[1]["id"]),
        (&"2016-Apr".into(), &"2016-Jun".into())
    );
    for told in [
        "error: 2016-Apr: ",
        "cut off",
        "error: 2016-Jun: the server answered 404",
    ] {
        assert!(run.stderr.contains(told), "{}", run.stderr);
    }
    let next = sync(data.path(), &vendor, &[]).ok().json();
    assert_eq!(next["new"].as_array().unwrap().len(), 2);
    let undisturbed = tempfile::tempdir().unwrap();
    sync(undisturbed.path(), &vendor, &[]).ok();
    assert!(catalogue(data.path()) == catalogue(undisturbed.path()));
}

#[test]
fn lists_of_others_come_beside_the_months() {
    let Some(vendor) = vendor(&["2020-Mar"]) else {
        return;
    };
    let data = tempfile::tempdir().unwrap();
    let kev = vendor.publish_list("kev.json", KEV.as_bytes());
    let scores = vendor.publish_list("epss.csv", epss("2023-03-07", 0.1).as_bytes());
    let lists = ["--kev-url", &kev, "--epss-url", &scores, "--attempts", "2"];
    let first = sync(data.path(), &vendor, &lists).ok().json();
    assert_eq!(first["listed"], 3);
    let new = serde_json::json!(["2020-Mar", "cisa-kev", "epss"]);
    assert_eq!(first["new"], new);
    let status = kbgap(data.path(), &["feed", "status", "--format", "json"]);
    let kinds: Vec<_> = status.ok().json()["sources"]
        .as_array()
        .unwrap()
        .iter()
        .map(|source| source["kind"].as_str().unwrap().to_owned())
        .collect();
    assert_eq!(kinds, ["cvrf", "kev", "epss"]);
    drop(vendor.requests());

    let again = sync(data.path(), &vendor, &lists).ok().json();
    assert_eq!(again["unchanged"], 3);
    let asked = ["epss.csv", "kev.json", "updates"].map(|what| (what.to_owned(), 304));
    assert_eq!(vendor.requests(), asked);
    // A mirror is asked for what it is said to have, and nobody else for the rest.
    sync(data.path(), &vendor, &[]).ok();
    assert_eq!(vendor.requests(), [("updates".to_owned(), 304)]);

    // One that cannot be had, or is cut off, stops no other and replaces nothing.
    vendor.publish_list("epss.csv", epss("2023-03-08", 0.2).as_bytes());
    let signed = format!("{kev}?key=hush");
    let with_key = ["--kev-url", &signed, "--epss-url", &scores];
    let run = sync(data.path(), &vendor, &with_key);
    assert_eq!(run.code, 1);
    assert_eq!(run.json()["changed"], serde_json::json!(["epss"]));
    let told = format!("error: cisa-kev: {kev}: the server answered 404");
    assert!(run.stderr.contains(&told), "{}", run.stderr);
    assert!(!run.stdout.contains("hush"), "{}", run.stdout);
    let before = catalogue(data.path());
    vendor.publish_list(
        "kev.json",
        KEV.replace("2022-07-28", "2022-07-29").as_bytes(),
    );
    vendor.fail("kev.json", vec![Fault::HalfUnannounced; 2]);
    vendor.fail("epss.csv", [Fault::Instead(b"<html>gone</html>".to_vec())]);
    let run = sync(data.path(), &vendor, &lists);
    assert_eq!(
        (run.code, run.json()["failed"].as_array().unwrap().len()),
        (1, 2)
    );
    assert!(catalogue(data.path()) == before);
    // An older list does not take the place of a newer one.
    vendor.publish_list("epss.csv", epss("2023-03-01", 0.3).as_bytes());
    let run = sync(data.path(), &vendor, &lists);
    assert_eq!(run.code, 1, "{}", run.stderr);
    assert!(
        run.stderr.contains("older than the stored one"),
        "{}",
        run.stderr
    );
    // That of exploited ones comes now that it is whole.
    assert_eq!(run.json()["changed"], serde_json::json!(["cisa-kev"]));
}

#[test]
fn a_good_document_stays_until_there_is_a_better_one() {
    let Some(vendor) = vendor(&["2017-Feb"]) else {
        return;
    };
    let data = tempfile::tempdir().unwrap();
    sync(data.path(), &vendor, &[]).ok();
    let good = catalogue(data.path());
    let text = vendor.xml("2017-Feb");
    // The list tells of more than there is to fetch.
    vendor.publish(
        "2017-Feb",
        "2026-03-01T08:00:00Z",
        text.clone().into_bytes(),
    );
    let run = sync(data.path(), &vendor, &[]);
    assert!(
        run.code == 1 && run.stderr.contains("newer edition"),
        "{}",
        run.stderr
    );
    // Half a month under a later date.
    let first = "</vuln:Vulnerability>";
    let end = text.find(first).unwrap() + first.len();
    let half = format!("{}</cvrf:cvrfdoc>", &text[..end]);
    let date = text.find("<cvrf:CurrentReleaseDate>").unwrap() + "<cvrf:CurrentReleaseDate>".len();
    let dated = |day: &str| format!("{}{day}{}", &half[..date], &half[date + day.len()..]);
    let later = dated("2026-04-01").into_bytes();
    vendor.publish("2017-Feb", "2026-04-01T08:00:00Z", later);
    let run = sync(data.path(), &vendor, &[]);
    assert!(
        run.code == 1 && run.stderr.contains("--allow-shrink"),
        "{}",
        run.stderr
    );
    // One of the far future, after which nothing would be newer.
    let future = dated("2096-01-01").into_bytes();
    vendor.publish("2017-Feb", "2096-01-01T08:00:00Z", future);
    let run = sync(data.path(), &vendor, &["--allow-shrink"]);
    assert!(
        run.code == 1 && run.stderr.contains("2017-Feb: is of 2096-01-01"),
        "{}",
        run.stderr
    );
    assert!(catalogue(data.path()) == good);
}

#[test]
fn a_list_that_became_shorter_takes_nothing_away_and_is_told() {
    let Some(vendor) = vendor(&["2005-Mar", "2016-Apr", "2017-Feb"]) else {
        return;
    };
    let data = tempfile::tempdir().unwrap();
    sync(data.path(), &vendor, &[]).ok();
    let good = catalogue(data.path());
    vendor.withdraw("2016-Apr");
    // Also where the server says next time that the list is the same.
    for _ in 0..2 {
        let run = sync(data.path(), &vendor, &[]).ok();
        assert_eq!(run.json()["unlisted"], serde_json::json!(["2016-Apr"]));
        assert!(
            run.stderr
                .starts_with("warning: the list does not name 1 stored document (2016-Apr)"),
            "{}",
            run.stderr
        );
    }
    vendor.withdraw("2005-Mar");
    let run = sync(data.path(), &vendor, &[]).ok();
    assert!(
        run.stderr
            .contains("2 stored documents (2005-Mar and others)"),
        "{}",
        run.stderr
    );
    // A list that names nothing, one of something else, or one that is cut off.
    let empty = br#"{"value":[]}"#.to_vec();
    let other = br#"{"value":[{"ID":"../x","CurrentReleaseDate":"2020-01-01"}]}"#.to_vec();
    let whole = br#"{"value":[{"ID":"2017-Feb","CurrentReleaseDate":"2030-01-01T00:00:00Z"}]}"#;
    let cut = (0..4).map(|n| whole[..whole.len() - 1 - n * 12].to_vec());
    for list in [empty, other].into_iter().chain(cut) {
        vendor.fail("updates", vec![Fault::Instead(list.clone()); 2]);
        let run = sync(data.path(), &vendor, &["--attempts", "2"]);
        let shown = String::from_utf8_lossy(&list).into_owned();
        assert_eq!(run.code, 1, "{shown}: {}", run.stderr);
        assert!(run.stderr.starts_with("error: "), "{shown}: {}", run.stderr);
        vendor.fail("updates", []);
    }
    assert!(catalogue(data.path()) == good);
}

#[test]
fn lists_of_others_that_are_not_whole_replace_nothing() {
    let Some(vendor) = vendor(&["2005-Mar"]) else {
        return;
    };
    let data = tempfile::tempdir().unwrap();
    let scores = |day: &str, rows: u32| {
        let rows: String = (0..rows)
            .map(|n| format!("CVE-2020-{:04},0.5,0.5\n", n + 1))
            .collect();
        format!("#model_version:v1,score_date:{day}T00:00:00+0000\ncve,epss,percentile\n{rows}")
    };
    let kev = vendor.publish_list("kev.json", KEV.as_bytes());
    let epss = vendor.publish_list("epss.csv", scores("2023-03-07", 100).as_bytes());
    let lists = ["--kev-url", &kev, "--epss-url", &epss, "--attempts", "2"];
    sync(data.path(), &vendor, &lists).ok();
    let good = catalogue(data.path());
    let newer = KEV.replace("2022-03-25T12", "2022-03-26T12");
    let shrunk = newer.replacen("\"CVE-2014-0160\"", "\"gone\"", 1).replacen(
        "\"CVE-2020-0787\"",
        "\"gone\"",
        1,
    );
    for (name, list, says) in [
        ("kev.json", newer[..newer.len() / 2].to_owned(), "cisa-kev"),
        ("kev.json", shrunk, "cisa-kev"),
        (
            "epss.csv",
            scores("2023-03-08", 80),
            "shrank from 100 to 80",
        ),
        ("epss.csv", "<html>login</html>".to_owned(), "epss"),
        ("epss.csv", String::new(), "epss"),
    ] {
        let before = [KEV.to_owned(), scores("2023-03-07", 100)];
        vendor.publish_list("kev.json", before[0].as_bytes());
        vendor.publish_list("epss.csv", before[1].as_bytes());
        vendor.publish_list(name, list.as_bytes());
        let run = sync(data.path(), &vendor, &lists);
        assert_eq!(run.code, 1, "{name} {list}: {}", run.stderr);
        assert!(run.stderr.contains(says), "{name} {list}: {}", run.stderr);
        assert!(catalogue(data.path()) == good, "{name} {list}");
    }
}

#[test]
fn a_list_that_cannot_be_had_is_one_line() {
    let vendor = Vendor::start();
    let data = tempfile::tempdir().unwrap();
    vendor.fail("updates", [Fault::Instead(b"<html>login</html>".to_vec())]);
    let run = sync(data.path(), &vendor, &[]);
    assert_eq!(run.code, 1);
    let line = run.stderr.trim_end();
    assert!(
        line.contains("/cvrf/v3.0/updates")
            && line.contains("MSRC CVRF API?")
            && !line.contains('\n'),
        "{line}"
    );
    assert_eq!(
        kbgap(data.path(), &["feed", "sync", "--url", "mirror"]).code,
        2
    );
}

#[test]
fn killed_twenty_times_it_ends_where_an_undisturbed_one_does() {
    let Some(vendor) = vendor(&IDS) else { return };
    let undisturbed = tempfile::tempdir().unwrap();
    sync(undisturbed.path(), &vendor, &[]).ok();
    vendor.delay(Duration::from_millis(60));
    let mut data = tempfile::tempdir().unwrap();
    let mut random = fastrand::Rng::with_seed(20_200_310);
    let mut interrupted = 0;
    for _ in 0..20 {
        let mut child = command(data.path())
            .args(["feed", "sync", "--url", &vendor.url])
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        std::thread::sleep(Duration::from_millis(random.u64(10..300)));
        child.kill().unwrap();
        child.wait().unwrap();
        match stored(data.path()) {
            0 => {}
            6 => {
                // One that has all is as good as one that was never killed, and is of no more use.
                assert!(catalogue(data.path()) == catalogue(undisturbed.path()));
                data = tempfile::tempdir().unwrap();
            }
            _ => interrupted += 1,
        }
    }
    assert!(
        interrupted > 3,
        "{interrupted} kills met a sync that had stored something"
    );
    sync(data.path(), &vendor, &[]).ok();
    assert!(catalogue(data.path()) == catalogue(undisturbed.path()));
    for file in std::fs::read_dir(data.path()).unwrap() {
        let name = file.unwrap().file_name().into_string().unwrap();
        assert!(!name.contains("tmp"), "{name}");
    }
}

/// How many documents are in the store.
fn stored(data: &Path) -> u64 {
    let status = kbgap(data, &["feed", "status", "--format", "json"]);
    match status.code {
        0 => status.json()["documents"].as_u64().unwrap(),
        _ => 0,
    }
}

#[test]
fn two_at_once_take_turns_or_say_so() {
    let Some(vendor) = vendor(&IDS) else { return };
    let data = tempfile::tempdir().unwrap();
    vendor.delay(Duration::from_millis(500));
    let mut first = command(data.path())
        .args(["feed", "sync", "--url", &vendor.url])
        .stdout(Stdio::null())
        .spawn()
        .unwrap();
    while !data.path().join("sync.lock").exists() {
        std::thread::sleep(Duration::from_millis(5));
    }
    std::thread::sleep(Duration::from_millis(100));
    let second = sync(data.path(), &vendor, &[]);
    assert!(
        second.code == 1 && second.stderr.contains("another sync"),
        "{}",
        second.stderr
    );
    assert!(first.wait().unwrap().success());
}

#[test]
fn through_a_proxy_by_option_or_environment() {
    let Some(vendor) = vendor(&["2005-Mar"]) else {
        return;
    };
    let args = [
        "feed",
        "sync",
        "--url",
        "http://nobody.invalid",
        "--attempts",
        "1",
    ];
    let run = |environment: &[(&str, &str)], more: &[&str]| {
        let data = tempfile::tempdir().unwrap();
        let mut command = command(data.path());
        command
            .args(args)
            .args(more)
            .envs(environment.iter().copied());
        Run::of(command.output().unwrap())
    };
    run(&[], &["--proxy", &vendor.url]).ok();
    run(
        &[("HTTP_PROXY", &vendor.url), ("ALL_PROXY", &vendor.url)],
        &[],
    )
    .ok();
    assert_eq!(run(&[], &[]).code, 1);
    let wrong = run(&[], &["--proxy", "://"]);
    assert!(wrong.stderr.contains("the proxy `://`"), "{}", wrong.stderr);
}

#[test]
fn authorities_of_a_file_are_trusted_and_no_unknown_one() {
    let data = tempfile::tempdir().unwrap();
    let served = Served::with_tls(data.path());
    let other = tempfile::tempdir().unwrap();
    let authority = served.authority.to_str().unwrap();
    let args = ["feed", "sync", "--attempts", "1", "--url", &served.url];
    let trusted = kbgap(
        other.path(),
        &[&args[..], &["--ca-file", authority]].concat(),
    );
    assert!(
        trusted.stderr.contains("answered 404"),
        "{}",
        trusted.stderr
    );
    let unknown = kbgap(other.path(), &args);
    assert!(unknown.stderr.contains("certificate"), "{}", unknown.stderr);
}

#[test]
fn a_server_syncs_by_itself_and_outlives_what_fails() {
    let Some(vendor) = vendor(&IDS) else { return };
    let data = tempfile::tempdir().unwrap();
    let settings = format!(
        "[feed_sync]\nevery_hours = 1\njitter_minutes = 0\nurl = \"{}\"\n",
        vendor.url
    );
    vendor.fail("updates", [Fault::Status(404, "")]);
    let served = Served::with(data.path(), &settings);
    let is_ready = |served: &Served| {
        let url = format!("{}/readyz", served.url);
        let agent = ureq::Agent::new_with_defaults();
        assert_eq!(agent.get(&url).call().unwrap().status(), 200);
    };
    until(|| vendor.requests().len() == 1);
    is_ready(&served);
    assert!(served.terminate().success());
    assert_eq!(stored(data.path()), 0);

    let served = Served::with(data.path(), &settings);
    until(|| stored(data.path()) == IDS.len() as u64);
    is_ready(&served);
    // It ends at once although the vendor is slow.
    drop(served);
    vendor.delay(Duration::from_secs(60));
    let served = Served::with(data.path(), &settings);
    std::thread::sleep(Duration::from_millis(300));
    is_ready(&served);
    let start = std::time::Instant::now();
    assert!(served.terminate().success());
    assert!(
        start.elapsed() < Duration::from_secs(20),
        "{:?}",
        start.elapsed()
    );
}

fn until(is_so: impl Fn() -> bool) {
    let start = std::time::Instant::now();
    while !is_so() {
        assert!(
            start.elapsed() < Duration::from_secs(60),
            "it took too long"
        );
        std::thread::sleep(Duration::from_millis(50));
    }
}
