//! Machines, applications and tokens of the command line, and `kbgap serve`.

use std::io::{BufRead, BufReader};
use std::process::Stdio;

use crate::harness::{command, file, host, kbgap, sample_feed};
use crate::served::Served;

#[test]
fn machines_go_in_and_come_out() {
    let data = sample_feed();
    let folder = tempfile::tempdir().unwrap();
    let now = host("10.0.18363.592");
    let batch = format!(
        "[{now},{},{{\"os\":{{}}}}]",
        now.replace("pc-017", "pc-018")
    );
    let path = file(folder.path(), "fleet.json", &batch);
    let run = kbgap(data.path(), &["machine", "import", &path]);
    assert_eq!(run.code, 1, "one record is bad");
    assert!(
        run.stdout.contains("2 new machines") && run.stdout.contains("1 refused"),
        "{}",
        run.stdout
    );
    assert!(run.stderr.contains("record 2"), "{}", run.stderr);
    let rows = kbgap(
        data.path(),
        &["missing-kbs", "microsoft-_-edge", "--format", "json"],
    )
    .ok()
    .json();
    assert_eq!(
        (rows[0]["id"].as_str(), rows[0]["machineMissedOn"].as_u64()),
        (Some("4540673"), Some(2))
    );
    let rows = kbgap(
        data.path(),
        &["missing-kbs", "--machine", "PC-018", "--format", "json"],
    )
    .ok()
    .json();
    assert_eq!(rows[1]["cveAddressed"], 97);
    assert_eq!(
        kbgap(
            data.path(),
            &["explain", "pc-017", "4540673", "--format", "json"]
        )
        .ok()
        .json()["verdict"],
        "missing"
    );
    assert_eq!(
        kbgap(data.path(), &["missing-kbs", "--machine", "nobody"]).code,
        1
    );
}

#[test]
fn applications_and_their_roles() {
    let data = tempfile::tempdir().unwrap();
    let app = kbgap(
        data.path(),
        &[
            "app",
            "create",
            "script",
            "--role",
            "software.read.all",
            "--format",
            "json",
        ],
    )
    .ok()
    .json();
    assert_eq!(app["roles"], serde_json::json!(["Software.Read.All"]));
    assert_eq!(app["clientSecret"].as_str().unwrap().len(), 43);
    let listed = kbgap(data.path(), &["app", "list"]).ok().stdout;
    assert!(
        listed.contains("script") && !listed.contains(app["clientSecret"].as_str().unwrap()),
        "{listed}"
    );
    let run = kbgap(
        data.path(),
        &["app", "create", "script", "--role", "Nonsense"],
    );
    assert!(
        run.code == 2 && run.stderr.contains("Software.Read.All"),
        "{}",
        run.stderr
    );
    kbgap(
        data.path(),
        &["app", "delete", app["clientId"].as_str().unwrap()],
    )
    .ok();
    assert_eq!(kbgap(data.path(), &["app", "delete", "x"]).code, 1);
    assert_eq!(kbgap(data.path(), &["token"]).code, 2);
}

#[test]
fn a_served_folder_follows_the_command_line() {
    let data = sample_feed();
    let served = Served::plainly(data.path());
    let url = &served.url;
    assert!(url.starts_with("http://"));
    let token = kbgap(data.path(), &["token", "--scope", "Software.Read"])
        .ok()
        .stdout
        .trim()
        .to_owned();
    let get = |path: &str| {
        let mut answer = ureq::get(format!("{url}{path}"))
            .header("Authorization", format!("Bearer {token}"))
            .call()
            .unwrap();
        answer.body_mut().read_to_string().unwrap()
    };
    assert_eq!(
        ureq::get(format!("{url}/readyz")).call().unwrap().status(),
        200
    );
    let edge = "/api/Software/microsoft-_-edge/getmissingkbs";
    assert!(get(edge).ends_with(r#""value":[]}"#));
    let path = file(data.path(), "h.json", &host("10.0.18363.592"));
    kbgap(data.path(), &["machine", "import", &path]).ok();
    let arrived = (0..100).any(|_| {
        std::thread::sleep(std::time::Duration::from_millis(50));
        get(edge).contains(r#""machineMissedOn":1"#)
    });
    assert!(arrived, "the server did not follow");
    assert!(served.terminate().success());
}

#[test]
fn a_bad_configuration_is_refused_with_its_place() {
    let data = tempfile::tempdir().unwrap();
    for (text, says) in [
        ("listen = 5", "listen"),
        ("nonsense = 1", "nonsense"),
        ("public_url = \"kbgap\"", "public_url"),
    ] {
        let path = file(data.path(), "kbgap.toml", text);
        let run = kbgap(data.path(), &["serve", "--config", &path]);
        assert!(
            run.code == 1 && run.stderr.contains("kbgap.toml") && run.stderr.contains(says),
            "{}",
            run.stderr
        );
    }
    let run = kbgap(data.path(), &["serve", "--listen", "999.1.1.1:1"]);
    assert!(
        run.code == 1 && run.stderr.contains("--listen"),
        "{}",
        run.stderr
    );
}

#[test]
fn no_caller_writes_lines_of_the_log() {
    let data = tempfile::tempdir().unwrap();
    let mut child = command(data.path())
        .args(["serve", "--listen", "127.0.0.1:0"])
        .env("KBGAP_LOG", "debug")
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut log = BufReader::new(child.stderr.take().unwrap());
    let mut first = String::new();
    log.read_line(&mut first).unwrap();
    let url = first.split_whitespace().find(|w| w.starts_with("http"));
    let token = kbgap(data.path(), &["token", "--role", "Software.Read.All"]).ok();
    let answer = ureq::get(format!(
        "{}/api/machines/x%0aFORGED/getmissingkbs",
        url.unwrap()
    ))
    .header("Authorization", format!("Bearer {}", token.stdout.trim()))
    .call();
    assert!(matches!(answer, Err(ureq::Error::StatusCode(404))));
    child.kill().unwrap();
    child.wait().unwrap();
    let lines: Vec<String> = log.lines().map(Result::unwrap).collect();
    assert!(
        lines.iter().any(|line| line.contains("FORGED")),
        "{lines:?}"
    );
    assert!(
        !lines.iter().any(|line| line.starts_with("FORGED")),
        "{lines:?}"
    );
}

/// Over HTTP it has an empty answer; the command line knows no less.
#[test]
fn a_software_that_is_only_installed_misses_nothing() {
    let data = sample_feed();
    let report = host("10.0.18363.592").replacen(
        '{',
        r#"{"software": [{"vendor": "Contoso", "name": "Tool", "version": "1"}], "#,
        1,
    );
    let report = file(data.path(), "host.json", &report);
    kbgap(data.path(), &["machine", "import", &report]).ok();
    let ask = |id| kbgap(data.path(), &["missing-kbs", id, "--format", "json"]);
    assert_eq!(ask("contoso-_-tool").ok().stdout, "[]\n");
    let unknown = ask("contoso-_-other");
    assert!(unknown.code == 1 && unknown.stderr.contains("contoso-_-other"));
}
