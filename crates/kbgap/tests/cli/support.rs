//! Whether what a host runs is supported, as `kbgap check` and `kbgap missing-kbs` say it.

use serde_json::{Value, json};

use crate::harness::{file, kbgap, sample_feed};

/// Windows 10 1909 with a SQL Server whose names stay at the first version.
fn host(edition: Option<&str>) -> String {
    let mut os =
        json!({"version": "10.0.18363.592", "architecture": "x64", "installationType": "Client"});
    if let Some(edition) = edition {
        os["edition"] = edition.into();
    }
    let program = |name: &str, version: &str| json!({"vendor": "Microsoft Corporation", "name": name, "version": version});
    json!({"computerDnsName": "pc-017", "os": os, "software": [
        program("Microsoft Edge", "138.0.3351.95"),
        program("Microsoft SQL Server 2014 (64-bit)", ""),
        program("SQL Server 2014 Database Engine Services", "12.0.2000.8"),
        program("Service Pack 3 for SQL Server 2014 (KB4022619) (64-bit)", "12.3.6024.0"),
        program("Microsoft Office Professional Plus 2016", "16.0.4266.1001"),
        program("Microsoft Silverlight", "5.1.50918.0"),
    ]})
    .to_string()
}

fn warnings(json: &Value) -> Vec<&str> {
    let all = json["warnings"].as_array().unwrap();
    let texts = all.iter().map(|warning| warning.as_str().unwrap());
    texts.filter(|text| text.contains("support of")).collect()
}

#[test]
fn it_depends_on_the_day_and_hides_nothing_that_is_missing() {
    let data = sample_feed();
    let pc = file(data.path(), "pc.json", &host(Some("Enterprise")));
    let check = |day: &str| {
        let args = ["check", &pc, "--format", "json", "--date", day];
        kbgap(data.path(), &args).ok().json()
    };
    let first = check("2020-03-24");
    assert_eq!(
        first["os"]["support"],
        json!({"status": "supported", "endOfSupport": "2022-05-10", "esuEnds": null})
    );
    assert_eq!(warnings(&first), Vec::<&str>::new());
    let later = check("2026-11-26");
    assert_eq!(later["missing"], first["missing"]);
    assert!(!later["missing"].as_array().unwrap().is_empty());
    assert_eq!(later["os"]["support"]["status"], "ended");
    assert_eq!(
        later["softwareSupport"],
        json!([
            {"software": "microsoft-_-office", "release": "2016", "status": "ended", "endOfSupport": "2025-10-14", "esuEnds": null},
            {"software": "microsoft-_-silverlight", "release": null, "status": "ended", "endOfSupport": "2021-10-12", "esuEnds": null},
            {"software": "microsoft-_-sql_server", "release": "2014 SP3", "status": "esu", "endOfSupport": "2024-07-09", "esuEnds": "2027-07-12"},
        ])
    );
    assert_eq!(
        warnings(&later),
        [
            "support of Windows 10 Version 1909 ended on 2022-05-10",
            "support of office 2016 ended on 2025-10-14",
            "support of silverlight ended on 2021-10-12",
            "support of sql_server 2014 SP3 ended on 2024-07-09: later updates need Extended Security Updates, \
             which end on 2027-07-12",
        ]
    );
}

#[test]
fn people_and_spreadsheets_see_it_too() {
    let data = sample_feed();
    let pc = file(data.path(), "pc.json", &host(Some("Enterprise")));
    let check = |form: &str, day: &str| {
        let args = ["check", &pc, "--format", form, "--date", day];
        kbgap(data.path(), &args).ok().stdout
    };
    assert!(check("table", "2022-05-10").contains("\n  supported until 2022-05-10\n"));
    let table = check("table", "2022-05-11");
    assert!(!table.contains("supported until"), "{table}");
    assert!(
        table.contains("\n  warning: support of Windows 10 Version 1909 ended on 2022-05-10\n"),
        "{table}"
    );
    let csv = check("csv", "2022-05-11");
    assert!(
        csv.lines()
            .next()
            .unwrap()
            .ends_with(",supportStatus,endOfSupport")
    );
    assert!(
        csv.lines()
            .skip(1)
            .all(|line| line.ends_with(",ended,2022-05-10")),
        "{csv}"
    );
}

#[test]
fn a_host_that_misses_nothing_is_flagged_in_a_table_too() {
    let data = sample_feed();
    let text = r#"{"computerDnsName":"patched","os":{"version":"10.0.18363.99999","architecture":"x64","installationType":"Client","edition":"Enterprise"}}"#;
    let pc = file(data.path(), "patched.json", text);
    let lines = |day: &str| {
        let args = ["check", &pc, "--format", "csv", "--date", day];
        let csv = kbgap(data.path(), &args).ok().stdout;
        csv.lines().skip(1).map(str::to_owned).collect::<Vec<_>>()
    };
    assert_eq!(lines("2022-05-10"), [""; 0]);
    let flagged = lines("2022-05-11");
    assert_eq!(flagged.len(), 1);
    assert!(
        flagged[0].starts_with("patched,Windows 10 Version 1909 "),
        "{flagged:?}"
    );
    assert!(flagged[0].ends_with(",ended,2022-05-10"), "{flagged:?}");
}

#[test]
fn without_an_edition_the_answer_says_what_is_lacking() {
    let data = sample_feed();
    let pc = file(data.path(), "pc.json", &host(None));
    let args = ["check", &pc, "--format", "json", "--date", "2021-06-01"];
    let json = kbgap(data.path(), &args).ok().json();
    assert_eq!(
        json["os"]["support"],
        json!({"status": "unknown", "endOfSupport": null, "esuEnds": null, "lacking": "os.edition", "editions": [
            {"editions": ["home", "pro"], "status": "ended", "endOfSupport": "2021-05-11", "esuEnds": null},
            {"editions": ["enterprise"], "status": "supported", "endOfSupport": "2022-05-10", "esuEnds": null},
        ]})
    );
    assert!(
        warnings(&json)[0].contains("depends on its edition"),
        "{json}"
    );
}

#[test]
fn a_host_that_is_not_assessed_is_flagged_all_the_same() {
    let data = sample_feed();
    let text = r#"{"computerDnsName":"old","os":{"version":"6.1.7601.0","installationType":"Client","edition":"Ultimate"}}"#;
    let pc = file(data.path(), "old.json", text);
    let args = ["check", &pc, "--format", "json", "--date", "2020-01-15"];
    let json = kbgap(data.path(), &args).ok().json();
    assert_eq!(json["assessed"], false);
    assert_eq!(json["os"]["support"]["status"], "ended");
    let csv = kbgap(
        data.path(),
        &["check", &pc, "--format", "csv", "--date", "2020-01-15"],
    )
    .ok();
    assert!(
        csv.stdout.trim_end().ends_with(",ended,2020-01-14"),
        "{}",
        csv.stdout
    );
}

#[test]
fn a_day_that_is_none_is_refused() {
    let data = sample_feed();
    let run = kbgap(data.path(), &["check", "x.json", "--date", "2021-02-30"]);
    assert_eq!(run.code, 2);
    assert!(run.stderr.contains("2021-02-30"), "{}", run.stderr);
}

#[test]
fn a_stored_machine_out_of_support_is_told_beside_its_rows() {
    let data = sample_feed();
    let pc = file(data.path(), "pc.json", &host(Some("Enterprise")));
    kbgap(data.path(), &["machine", "import", &pc]).ok();
    let run = kbgap(
        data.path(),
        &["missing-kbs", "--machine", "pc-017", "--format", "json"],
    )
    .ok();
    assert!(!run.json().as_array().unwrap().is_empty());
    assert!(
        run.stderr
            .contains("warning: support of Windows 10 Version 1909 ended on 2022-05-10"),
        "{}",
        run.stderr
    );
}
