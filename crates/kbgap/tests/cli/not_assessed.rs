//! What `kbgap check` says of software about which nothing is decided.

use serde_json::{Value, json};

use crate::harness::{file, kbgap, sample_feed};

#[test]
fn software_that_is_not_decided_is_named_with_what_is_lacking() {
    let data = sample_feed();
    let program = |name: &str, version: &str| json!({"vendor": "Microsoft Corporation", "name": name, "version": version});
    let told = [
        (
            program("Microsoft Edge Beta", "140.0.3485.11"),
            "microsoft-_-edge_chromium-based",
            "fixed versions of the Beta channel",
        ),
        (
            program("SQL Server Database Engine Services", ""),
            "microsoft-_-sql_server",
            "its release (year or version)",
        ),
        (
            program("Microsoft Edge WebView2 Runtime", "140.0.3485.11"),
            "microsoft-_-edge_webview2",
            "fixed versions in the feed",
        ),
    ];
    let silent = [
        program("Microsoft SQL Server Browser", ""),
        program("Microsoft Edge Update", "1.3.195.61"),
    ];
    let software: Vec<&Value> = told.iter().map(|told| &told.0).chain(&silent).collect();
    let host = json!({"computerDnsName": "pc-017", "software": software,
        "os": {"version": "10.0.18363.720", "architecture": "x64", "installationType": "Client"}});
    let pc = file(data.path(), "pc.json", &host.to_string());
    let check = |format: &str| kbgap(data.path(), &["check", &pc, "--format", format]).ok();

    let entries = check("json").json()["notAssessed"].clone();
    let entries = entries.as_array().unwrap().iter();
    // Of .NET Framework the sample feed has nothing.
    let is_reported = |entry: &&Value| {
        let software = entry["software"].as_str();
        software.is_some_and(|id| id != "microsoft-_-.net_framework")
    };
    let found: Vec<&Value> = entries.filter(is_reported).collect();
    let expected: Vec<Value> = told
        .iter()
        .map(|(_, software, lacking)| json!({"software": software, "lacking": lacking}))
        .collect();
    assert_eq!(found, expected.iter().collect::<Vec<_>>());

    let table = check("table").stdout;
    for (_, software, lacking) in &told {
        let line = format!("Not assessed: {software}, lacking {lacking}\n");
        assert!(table.contains(&line), "{table}");
    }
}
