//! Where input comes from, and input that wants to do harm.

use std::io::Write;
use std::process::Stdio;

use crate::harness::{Run, command, file, host, kbgap, sample, sample_feed};

#[test]
fn standard_input_and_folders_of_reports_are_read_like_files() {
    let data = sample_feed();
    for args in [&["check", "-"][..], &["explain", "-", "4540673"]] {
        let mut child = command(data.path())
            .args(args)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let report = host("10.0.18363.592");
        child
            .stdin
            .take()
            .unwrap()
            .write_all(report.as_bytes())
            .unwrap();
        let run = Run::of(child.wait_with_output().unwrap()).ok();
        assert!(run.stdout.contains("KB4540673"), "{}", run.stdout);
    }

    let folder = tempfile::tempdir().unwrap();
    file(folder.path(), "a.json", &host("10.0.18363.592"));
    file(
        folder.path(),
        "b.json",
        &host("10.0.18363.719").replace("pc-017", "pc-018"),
    );
    file(folder.path(), ".hidden", "not read");
    let path = folder.path().to_str().unwrap();
    let run = kbgap(data.path(), &["check", path, "--format", "json"]).ok();
    assert_eq!(run.stdout.lines().count(), 2, "{}", run.stdout);
    let run = kbgap(data.path(), &["machine", "import", path]).ok();
    assert!(run.stdout.contains("2 new machines"), "{}", run.stdout);
}

#[test]
fn a_file_without_end_is_refused() {
    let data = sample_feed();
    let run = kbgap(data.path(), &["check", "/dev/zero"]);
    assert!(
        run.code == 1 && run.stderr.contains("/dev/zero: is larger than"),
        "{}",
        run.stderr
    );
}

#[test]
fn words_of_the_feed_cannot_write_to_the_terminal_or_the_spreadsheet() {
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path().join("data");
    let hostile = std::fs::read_to_string(sample()).unwrap().replace(
        "<cvrf:DocumentTitle>March 2020",
        "<cvrf:DocumentTitle>=cmd|x&#27;[31m&#10;error: forged &#x202e;",
    );
    let feed = file(folder.path(), "a.xml", &hostile);
    kbgap(&data, &["feed", "import", &feed]).ok();
    let host = file(folder.path(), "h.json", &host("10.0.18363.592"));
    for format in ["table", "json", "csv"] {
        let run = kbgap(&data, &["check", &host, "--format", format]).ok();
        assert!(run.stdout.contains("cmd|x"), "{}", run.stdout);
        assert!(!run.stdout.contains('\u{1b}'), "{:?}", run.stdout);
        assert!(!run.stdout.contains(",=cmd"), "{:?}", run.stdout);
        assert!(
            run.stdout.lines().all(|l| !l.starts_with("error")),
            "{:?}",
            run.stdout
        );
        assert!(format != "table" || !run.stdout.contains('\u{202e}'));
    }
}

#[test]
fn a_files_name_cannot_write_lines_of_its_own() {
    let folder = tempfile::tempdir().unwrap();
    let feed = file(folder.path(), "a\nerror: forged\u{1b}[31m.xml", "x");
    let run = kbgap(&folder.path().join("data"), &["feed", "import", &feed]);
    assert_eq!(run.stderr.lines().count(), 1, "{:?}", run.stderr);
    assert!(!run.stderr.contains('\u{1b}'), "{:?}", run.stderr);
}
