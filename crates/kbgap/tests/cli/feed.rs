//! `kbgap feed`.

use kbgap_testkit::shared;

use crate::harness::{file, kbgap, real_feed, sample, sample_feed};

#[test]
fn the_status_of_the_real_feed() {
    let Some(data) = real_feed() else { return };
    let json = kbgap(data, &["feed", "status", "--format", "json"])
        .ok()
        .json();
    assert_eq!(json["documents"], 190);
    assert_eq!(json["vulnerabilities"], 26_281);
    assert_eq!(json["kbs"], 5_236);
    assert_eq!(json["asOf"], "2026-07-05");
    let (products, unmapped) = (
        json["products"].as_u64().unwrap(),
        json["unmapped"].as_u64().unwrap(),
    );
    assert!(
        products == 1_159 && unmapped * 100 <= products,
        "{products} {unmapped}"
    );
    assert!(json["oddValues"].as_u64().unwrap() > 50);
}

#[test]
fn importing_again_changes_nothing_and_says_so() {
    let Some(data) = real_feed() else { return };
    let month = shared()
        .unwrap()
        .join("data/msrc-cvrf-xml/2020-Mar.xml.zst");
    let run = kbgap(data, &["feed", "import", month.to_str().unwrap()]).ok();
    assert!(run.stdout.contains("Nothing has changed"), "{}", run.stdout);
}

#[test]
fn newer_older_and_shrunk_months() {
    let data = sample_feed();
    let folder = tempfile::tempdir().unwrap();
    let text = std::fs::read_to_string(sample()).unwrap();
    let with_date = |date: &str| {
        text.replace(
            "<cvrf:CurrentReleaseDate>2020-03-12T",
            &format!("<cvrf:CurrentReleaseDate>{date}T"),
        )
    };
    let import = |name: &str, text: &str, more: &[&str]| {
        let path = file(folder.path(), name, text);
        kbgap(
            data.path(),
            &[&["feed", "import", &path][..], more].concat(),
        )
    };
    let newer = import(
        "newer.xml",
        &with_date("2020-04-01").replace("CVE-2019-1224", "CVE-2019-9999"),
        &[],
    )
    .ok();
    assert!(newer.stdout.contains("1 replaced"), "{}", newer.stdout);
    let older = import("older.xml", &text, &[]);
    assert!(
        older.code == 1
            && older.stderr.contains("older.xml")
            && older.stderr.contains("older than the stored one"),
        "{}",
        older.stderr
    );
    let start = text.find("  <vuln:Vulnerability Ordinal=\"50\"").unwrap();
    let half = format!("{}</cvrf:cvrfdoc>", &with_date("2020-05-01")[..start]);
    let shrunk = import("half.xml", &half, &[]);
    assert!(
        shrunk.code == 1
            && shrunk.stderr.contains("shrank from 96 to 49")
            && shrunk.stderr.contains("--allow-shrink"),
        "{}",
        shrunk.stderr
    );
    assert_eq!(
        kbgap(data.path(), &["feed", "status", "--format", "json"]).json()["vulnerabilities"],
        96
    );
    import("half.xml", &half, &["--allow-shrink"]).ok();
    assert_eq!(
        kbgap(data.path(), &["feed", "status", "--format", "json"]).json()["vulnerabilities"],
        49
    );
}

#[test]
fn what_is_refused_is_named_with_its_line_and_the_rest_goes_in() {
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path().join("data");
    let feed = folder.path().join("feed");
    std::fs::create_dir(&feed).unwrap();
    let text = std::fs::read_to_string(sample()).unwrap();
    file(&feed, "good.xml", &text);
    file(
        &feed,
        "cut.xml",
        &text.replace("2020-Mar<", "2020-Apr<")[..text.len() / 2],
    );
    file(&feed, "other.xml", "<html>\n</html>");
    file(
        &feed,
        "index.json",
        r#"{"@odata.context":"https://api.msrc.microsoft.com/$metadata#Updates","value":[]}"#,
    );
    file(&feed, "readme.txt", "not read");
    let run = kbgap(&data, &["feed", "import", feed.to_str().unwrap()]);
    assert_eq!(run.code, 1);
    assert!(
        run.stdout.contains("1 new") && run.stdout.contains("2 refused"),
        "{}",
        run.stdout
    );
    let cut = run.stderr.lines().find(|l| l.contains("cut.xml")).unwrap();
    assert!(cut.contains("cut.xml:") && cut.contains("cut off"), "{cut}");
    assert!(
        run.stderr.contains("other.xml:1: is not a CVRF document"),
        "{}",
        run.stderr
    );
    assert!(
        !run.stderr.contains("index.json") && !run.stderr.contains("readme"),
        "{}",
        run.stderr
    );
    assert_eq!(
        kbgap(&data, &["feed", "status", "--format", "json"]).json()["documents"],
        1
    );
}

#[test]
fn the_order_of_import_does_not_matter() {
    let Some(shared) = shared() else { return };
    let folder = tempfile::tempdir().unwrap();
    let months = ["2020-Jan", "2020-Feb", "2020-Mar"]
        .map(|m| shared.join(format!("data/msrc-cvrf-xml/{m}.xml.zst")));
    let import = |data: &str, order: [usize; 3]| {
        let data = folder.path().join(data);
        for position in order {
            kbgap(
                &data,
                &["feed", "import", months[position].to_str().unwrap()],
            )
            .ok();
        }
        std::fs::read(data.join("catalog.snapshot")).unwrap()
    };
    assert!(import("a", [0, 1, 2]) == import("b", [2, 0, 1]));
}

#[test]
fn a_damaged_snapshot_is_compiled_anew() {
    let data = sample_feed();
    let snapshot = data.path().join("catalog.snapshot");
    let whole = std::fs::read(&snapshot).unwrap();
    for damaged in [
        Vec::new(),
        whole[..whole.len() / 2].to_vec(),
        vec![7; whole.len()],
    ] {
        std::fs::write(&snapshot, damaged).unwrap();
        let host = file(
            data.path(),
            "h.json",
            &crate::harness::host("10.0.18363.592"),
        );
        let run = kbgap(data.path(), &["check", &host]).ok();
        assert!(run.stdout.contains("KB4540673"), "{}", run.stdout);
        assert!(std::fs::read(&snapshot).unwrap() == whole);
    }
}

#[test]
fn a_snapshot_that_is_gone_is_compiled_anew() {
    let data = sample_feed();
    std::fs::remove_file(data.path().join("catalog.snapshot")).unwrap();
    let host = file(
        data.path(),
        "h.json",
        &crate::harness::host("10.0.18363.592"),
    );
    let run = kbgap(data.path(), &["check", &host]).ok();
    assert!(run.stdout.contains("KB4540673"), "{}", run.stdout);
}

#[test]
fn a_path_that_does_not_exist_is_refused_and_the_rest_goes_in() {
    let data = tempfile::tempdir().unwrap();
    let sample = sample();
    let run = kbgap(
        data.path(),
        &[
            "feed",
            "import",
            "/nowhere/at/all",
            sample.to_str().unwrap(),
        ],
    );
    assert_eq!(run.code, 1);
    assert!(run.stderr.contains("/nowhere/at/all"), "{}", run.stderr);
    assert!(
        run.stdout.contains("1 new, 1 refused") && run.stdout.contains("1 document,"),
        "{}",
        run.stdout
    );
}

#[cfg(unix)]
#[test]
fn links_that_lead_in_a_circle_are_not_followed() {
    let folder = tempfile::tempdir().unwrap();
    let feed = folder.path().join("feed");
    std::fs::create_dir(&feed).unwrap();
    std::fs::copy(sample(), feed.join("a.xml")).unwrap();
    std::os::unix::fs::symlink(&feed, feed.join("circle.xml")).unwrap();
    let run = kbgap(
        &folder.path().join("data"),
        &["feed", "import", feed.to_str().unwrap()],
    )
    .ok();
    assert!(run.stdout.starts_with("1 new. "), "{}", run.stdout);
}

#[test]
fn two_imports_at_once_leave_the_catalogue_of_both() {
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path().join("data");
    let text = std::fs::read_to_string(sample()).unwrap();
    let months: Vec<String> = ["Jan", "Feb", "Mar", "Apr", "May", "Jun"]
        .iter()
        .map(|month| {
            let text = text.replace("<cvrf:ID>2020-Mar", &format!("<cvrf:ID>2020-{month}"));
            file(folder.path(), &format!("{month}.xml"), &text)
        })
        .collect();
    kbgap(&data, &["feed", "import", &months[0]]).ok();
    std::thread::scope(|scope| {
        for month in &months[1..] {
            let data = &data;
            scope.spawn(move || kbgap(data, &["feed", "import", month]).ok());
        }
    });
    let host = file(
        folder.path(),
        "h.json",
        &crate::harness::host("10.0.18363.592"),
    );
    let json = kbgap(&data, &["check", &host, "--format", "json"])
        .ok()
        .json();
    assert_eq!(json["feed"]["documents"], 6);
}

#[test]
fn usage_and_missing_things() {
    let data = tempfile::tempdir().unwrap();
    for (wrong, told) in [
        (&["feed", "import"][..], "<PATH>..."),
        (&["feed", "bogus"], "usage: kbgap feed"),
        (&["check", "x", "--format", "xml"], "table, json, csv"),
        (&["demo", "--listen", "127.0.0.1:99999"], "--listen"),
        (&["serve", "--listen", "8080"], "127.0.0.1:8080"),
    ] {
        let run = kbgap(data.path(), wrong);
        assert_eq!((run.code, run.stdout.as_str()), (2, ""), "{wrong:?}");
        assert!(run.stderr.contains(told), "{}", run.stderr);
        assert_eq!(run.stderr.lines().count(), 1, "{}", run.stderr);
    }
    let help = kbgap(data.path(), &["feed", "--help"]).ok();
    assert!(help.stdout.contains("import") && help.stderr.is_empty());
    let run = kbgap(data.path(), &["feed"]);
    assert!(run.code == 2 && run.stderr.contains("import"));
    let run = kbgap(data.path(), &["feed", "import", "/nowhere/at/all"]);
    assert!(
        run.code == 1 && run.stderr.contains("/nowhere/at/all"),
        "{}",
        run.stderr
    );
    let mistyped = data.path().join("mistyped");
    let run = kbgap(&mistyped, &["feed", "status"]);
    assert!(
        run.code == 1 && run.stderr.contains("feed import"),
        "{}",
        run.stderr
    );
    assert!(!mistyped.exists(), "what only reads makes nothing");
}
