//! `kbgap feed` with lists about CVEs of any vendor.

use std::collections::BTreeSet;

use serde_json::Value;

use crate::harness::{file, host, kbgap, sample_feed};

pub const KEV: &str = r#"{"title":"t","catalogVersion":"2022.03.25","dateReleased":"2022-03-25T12:00:00Z","count":3,"vulnerabilities":[
  {"cveID":"CVE-2020-0787","dateAdded":"2022-01-28","dueDate":"2022-07-28","requiredAction":"Apply updates.","knownRansomwareCampaignUse":"Known"},
  {"cveID":"CVE-2014-0160","dateAdded":"2022-05-04","dueDate":"2022-05-25","requiredAction":"Apply updates.","knownRansomwareCampaignUse":"Unknown"},
  {"cveID":"odd"}]}"#;

pub fn epss(day: &str, probability: f64) -> String {
    format!(
        "#model_version:v2023.03.01,score_date:{day}T00:00:00+0000\ncve,epss,percentile\n\
         CVE-2014-0160,0.97564,0.99993\nCVE-2020-0787,{probability},0.9\nCVE-2020-0788,odd,0.1\n"
    )
}

fn status(data: &std::path::Path) -> Value {
    kbgap(data, &["feed", "status", "--format", "json"])
        .ok()
        .json()
}

#[test]
fn lists_are_imported_beside_the_months_and_shown() {
    let data = sample_feed();
    let pc = file(data.path(), "pc.json", &host("10.0.18363.592"));
    let check = |format: &str| kbgap(data.path(), &["check", &pc, "--format", format]).ok();
    assert_eq!(check("json").json()["missing"][0]["knownExploited"], false);

    let kev = file(data.path(), "kev.json", KEV);
    let scores = file(data.path(), "epss.csv", &epss("2023-03-07", 0.123_45));
    let run = kbgap(data.path(), &["feed", "import", &kev, &scores]).ok();
    assert!(
        run.stdout
            .starts_with("2 new. The catalogue has changed: 1 document,"),
        "{}",
        run.stdout
    );

    let missing = &check("json").json()["missing"][0];
    assert_eq!(missing["id"], "4540673");
    for (field, value) in [
        ("knownExploited", Value::from(true)),
        ("ransomware", true.into()),
        ("dueDate", "2022-07-28".into()),
        ("highestEpss", 0.123_45.into()),
    ] {
        assert_eq!(missing[field], value, "{field}");
    }
    let table = check("table").stdout;
    assert!(
        table.contains("yes, ransomware, due 2022-07-28, EPSS 12.3 %"),
        "{table}"
    );
    let explained = kbgap(data.path(), &["explain", &pc, "4540673"]).ok().stdout;
    let line = "  exploited in the wild: CVE-2020-0787 (ransomware, due 2022-07-28)\n";
    assert!(explained.contains(line), "{explained}");
    let line = "  highest EPSS: 12.3 % (CVE-2020-0787)\n";
    assert!(explained.contains(line), "{explained}");
    let args = ["explain", &pc, "4540673", "--format", "json"];
    let explained = kbgap(data.path(), &args).ok().json();
    let cves = explained["vulnerabilities"].as_array().unwrap();
    let products = explained["products"].as_array().unwrap().iter();
    let vulnerable = products.flat_map(|product| product["vulnerable"].as_array().unwrap());
    // Each once, also where two products have it.
    let vulnerable: BTreeSet<&str> = vulnerable.map(|id| id.as_str().unwrap()).collect();
    let ids: Vec<&str> = cves.iter().map(|cve| cve["id"].as_str().unwrap()).collect();
    assert_eq!(ids, vulnerable.into_iter().collect::<Vec<_>>());
    for cve in cves {
        let expected = if cve["id"] == "CVE-2020-0787" {
            serde_json::json!({"id": "CVE-2020-0787", "knownExploited": true,
                "ransomware": true, "dueDate": "2022-07-28", "epss": 0.123_45})
        } else {
            serde_json::json!({"id": cve["id"], "knownExploited": false,
                "ransomware": false, "dueDate": null, "epss": null})
        };
        assert_eq!(*cve, expected);
    }
    kbgap(data.path(), &["machine", "import", &pc]).ok();
    for of in [&["microsoft-_-windows_10"][..], &["--machine", "pc-017"]] {
        let args = [&["missing-kbs", "--format", "json"], of].concat();
        let rows = kbgap(data.path(), &args).ok().json();
        let mut rows = rows.as_array().unwrap().iter();
        let row = rows.find(|row| row["id"] == "4540673").unwrap();
        assert_eq!(
            (&row["dueDate"], &row["highestEpss"]),
            (&"2022-07-28".into(), &0.123_45.into()),
            "{of:?}"
        );
    }
    let failing = kbgap(data.path(), &["check", &pc, "--fail-on", "known-exploited"]);
    assert_eq!(failing.code, 3);

    insta::assert_json_snapshot!("feed_status_json", status(data.path()));
    let text = kbgap(data.path(), &["feed", "status", "--details"])
        .ok()
        .stdout;
    insta::assert_snapshot!("feed_status_details", text);

    // The catalogue that is compiled anew from the store is the same one.
    let snapshot = data.path().join("catalog.snapshot");
    let before = std::fs::read(&snapshot).unwrap();
    std::fs::remove_file(&snapshot).unwrap();
    status(data.path());
    assert!(std::fs::read(&snapshot).unwrap() == before);
    let again = kbgap(data.path(), &["feed", "import", &kev, &scores]).ok();
    assert!(
        again.stdout.starts_with("2 unchanged. Nothing has changed"),
        "{}",
        again.stdout
    );
}

#[test]
fn an_older_or_shorter_list_replaces_nothing_unless_it_has_to() {
    let data = sample_feed();
    let import = |day: &str, text: &str, more: &[&str]| {
        let path = file(data.path(), &format!("epss-{day}.csv"), text);
        kbgap(
            data.path(),
            &[&["feed", "import", &path][..], more].concat(),
        )
    };
    let newest = |wanted: &str| {
        let sources = status(data.path())["sources"].clone();
        assert_eq!(sources[1]["kind"], "epss");
        assert_eq!(sources[1]["newest"], wanted);
    };
    import("2023-03-07", &epss("2023-03-07", 0.5), &[]).ok();
    let older = import("2023-03-06", &epss("2023-03-06", 0.5), &[]);
    assert_eq!(older.code, 1);
    assert!(
        older.stderr.contains(
            "epss of 2023-03-06 is older than the stored one of 2023-03-07, which stays (take it with --force)"
        ),
        "{}",
        older.stderr
    );
    newest("2023-03-07");
    import("2023-03-06", &epss("2023-03-06", 0.5), &["--force"]).ok();
    newest("2023-03-06");
    let late = import("2096-03-06", &epss("2096-03-06", 0.5), &["--allow-shrink"]);
    assert!(
        late.code == 1
            && late
                .stderr
                .contains("is of 2096-03-06, which lies in the future")
            && late.stderr.contains("--force"),
        "{}",
        late.stderr
    );
    newest("2023-03-06");

    let half = epss("2023-03-08", 0.5).replace("CVE-2014-0160", "odd");
    let shrunk = import("2023-03-08", &half, &[]);
    assert!(
        shrunk.code == 1 && shrunk.stderr.contains("shrank from 2 to 1"),
        "{}",
        shrunk.stderr
    );
    newest("2023-03-06");
    let none = import("2023-03-09", "cve,epss\nx,y\n", &[]);
    assert!(
        none.code == 1 && none.stderr.contains("no scores"),
        "{}",
        none.stderr
    );
    newest("2023-03-06");
    import("2023-03-08", &half, &["--allow-shrink"]).ok();
    newest("2023-03-08");
}

#[test]
fn lists_alone_are_no_feed() {
    let data = tempfile::tempdir().unwrap();
    let kev = file(data.path(), "kev.json", KEV);
    let pc = file(data.path(), "pc.json", &host("10.0.18363.592"));
    for _ in 0..2 {
        kbgap(data.path(), &["feed", "import", &kev]).ok();
        let run = kbgap(data.path(), &["check", &pc]);
        assert!(
            run.code == 1 && run.stderr.contains("import a feed first"),
            "{}",
            run.stderr
        );
    }
}

#[test]
fn nothing_can_take_the_name_of_something_else() {
    let data = sample_feed();
    let kev = file(data.path(), "kev.json", KEV);
    kbgap(data.path(), &["feed", "import", &kev]).ok();
    let month = std::fs::read_to_string(crate::harness::sample()).unwrap();
    let forged = file(
        data.path(),
        "a.xml",
        &month.replace("<cvrf:ID>2020-Mar", "<cvrf:ID>cisa-kev"),
    );
    let run = kbgap(data.path(), &["feed", "import", &forged, "--force"]);
    assert!(
        run.code == 1 && run.stderr.contains("of another kind"),
        "{}",
        run.stderr
    );
    assert_eq!(status(data.path())["sources"][1]["kind"], "kev");
}

/// The advisory of a CVE that the sample month does not have.
pub const CSAF: &str = r#"{"document":{"category":"csaf_security_advisory","csaf_version":"2.0","title":"T","aggregate_severity":{"text":"Critical"},
  "publisher":{"name":"MSRC","namespace":"https://msrc.microsoft.com"},"tracking":{"id":"msrc_CVE-2020-9999","version":"1",
  "initial_release_date":"2020-03-20T07:00:00Z","current_release_date":"2020-03-20T07:00:00Z"}},
  "product_tree":{"branches":[{"category":"product_name","name":"Windows 10 Version 1909 for x64-based Systems","branches":[
    {"category":"product_version_range","name":"<10.0.18363.752","product":{"name":"x","product_id":"1"}},
    {"category":"product_version","name":"10.0.18363.752","product":{"name":"x","product_id":"11713"}}]}]},
  "vulnerabilities":[{"cve":"CVE-2020-9999","product_status":{"known_affected":["1"]},"remediations":[{"category":"vendor_fix",
    "details":"10.0.18363.752:Security Update:https://support.microsoft.com/help/4554354","product_ids":["1"]}]}]}"#;

#[test]
fn advisories_are_kept_by_year_and_each_is_decided_about_by_itself() {
    let data = sample_feed();
    let pc = file(data.path(), "pc.json", &host("10.0.18363.592"));
    let import = |name: &str, text: &str| {
        let path = file(data.path(), name, text);
        kbgap(data.path(), &["feed", "import", &path])
    };
    import("a.json", CSAF).ok();
    let json = kbgap(data.path(), &["check", &pc, "--format", "json"])
        .ok()
        .json();
    let added = json["missing"]
        .as_array()
        .unwrap()
        .iter()
        .find(|kb| kb["id"] == "4554354");
    assert_eq!(added.unwrap()["name"], "March 2020 Security Updates");
    assert_eq!(json["feed"]["documents"], 1);

    let other = CSAF.replace("CVE-2020-9999", "CVE-2020-9998");
    import("b.json", &other).ok();
    let older = import("a.json", &CSAF.replace("03-20T07", "03-19T07"));
    assert!(
        older.code == 1
            && older
                .stderr
                .contains("csaf:msrc_CVE-2020-9999 of 2020-03-19 is older"),
        "{}",
        older.stderr
    );
    let again = import("b.json", &other).ok();
    assert!(again.stdout.starts_with("1 unchanged"), "{}", again.stdout);
    let sources = status(data.path())["sources"].clone();
    assert_eq!(
        (&sources[1]["kind"], &sources[1]["documents"]),
        (&"csaf".into(), &2.into())
    );

    // A month that has them takes their place.
    let month = std::fs::read_to_string(crate::harness::sample()).unwrap();
    let month = month
        .replace("<cvrf:ID>2020-Mar", "<cvrf:ID>2020-Apr")
        .replace("CVE-2020-0787", "CVE-2020-9999")
        .replace("CVE-2020-0788", "CVE-2020-9998");
    import("2020-Apr.xml", &month).ok();
    let json = kbgap(data.path(), &["check", &pc, "--format", "json"])
        .ok()
        .json();
    assert!(!json.to_string().contains("4554354"), "{json}");
}

#[test]
fn an_archive_is_as_good_as_a_folder_of_what_is_in_it() {
    use std::io::Write as _;
    let folder = tempfile::tempdir().unwrap();
    let archive = folder.path().join("feed.zip");
    let mut writer = zip::ZipWriter::new(std::fs::File::create(&archive).unwrap());
    let month = std::fs::read_to_string(crate::harness::sample()).unwrap();
    for (name, text) in [
        ("m/2020-Mar.xml", month.as_str()),
        ("kev.json", KEV),
        ("bad.csv", "cve,epss\n"),
    ] {
        writer
            .start_file(name, zip::write::SimpleFileOptions::default())
            .unwrap();
        writer.write_all(text.as_bytes()).unwrap();
    }
    writer.finish().unwrap();
    let data = folder.path().join("data");
    let run = kbgap(&data, &["feed", "import", folder.path().to_str().unwrap()]);
    assert!(
        run.code == 1 && run.stdout.starts_with("2 new, 1 refused."),
        "{}",
        run.stdout
    );
    assert!(
        run.stderr
            .contains("feed.zip/bad.csv: is not a usable document"),
        "{}",
        run.stderr
    );
    assert_eq!(status(&data)["sources"].as_array().unwrap().len(), 2);
}
