//! `kbgap check` and `kbgap explain`.

use kbgap_testkit::shared;

use crate::harness::{file, host, kbgap, real_feed, sample_feed};

#[test]
fn windows_10_1909_on_the_real_feed() {
    let Some(data) = real_feed() else { return };
    let folder = tempfile::tempdir().unwrap();
    let old = file(folder.path(), "old.json", &host("10.0.18363.592"));
    let json = kbgap(data, &["check", &old, "--format", "json"])
        .ok()
        .json();
    assert_eq!(json["assessed"], true);
    assert_eq!(json["reason"], serde_json::Value::Null);
    assert_eq!(
        json["os"]["product"],
        "Windows 10 Version 1909 for x64-based Systems"
    );
    assert_eq!(
        (
            json["os"]["build"].as_u64(),
            json["os"]["revision"].as_u64()
        ),
        (Some(18_363), Some(592))
    );
    assert_eq!(
        (
            json["feed"]["asOf"].as_str(),
            json["feed"]["documents"].as_u64()
        ),
        (Some("2026-07-05"), Some(190))
    );
    let missing = json["missing"].as_array().unwrap();
    let kb = |id: &str| {
        missing
            .iter()
            .find(|m| m["id"] == id)
            .unwrap_or_else(|| panic!("{id}"))
    };
    let march = kb("4540673");
    assert_eq!(march["cveAddressed"], 97);
    assert_eq!(march["name"], "March 2020 Security Updates");
    assert_eq!(
        march["software"],
        serde_json::json!([
            {"id": "microsoft-_-windows_10", "cves": 77},
            {"id": "microsoft-_-edge", "cves": 14},
            {"id": "microsoft-_-internet_explorer", "cves": 6}
        ])
    );
    assert_eq!(
        march["evidence"],
        serde_json::json!({"kind": "build", "machine": "18363.592", "fix": "18363.719"})
    );
    assert_eq!(
        (march["severity"].as_str(), march["superseded"].as_bool()),
        (Some("Critical"), Some(true))
    );
    assert_eq!(kb("4532693")["name"], "February 2020 Security Updates");
    assert_eq!(kb("4551762")["name"], "March 2020 Security Updates");
    // By CVEs descending, then id.
    let order: Vec<_> = missing
        .iter()
        .map(|m| {
            (
                std::cmp::Reverse(m["cveAddressed"].as_u64()),
                m["id"].as_str().map(str::to_owned),
            )
        })
        .collect();
    assert!(order.is_sorted());

    let new = file(folder.path(), "new.json", &host("10.0.18363.720"));
    let json = kbgap(data, &["check", &new, "--format", "json"])
        .ok()
        .json();
    let ids: Vec<_> = json["missing"]
        .as_array()
        .unwrap()
        .iter()
        .map(|m| m["id"].as_str().unwrap().to_owned())
        .collect();
    assert!(
        !ids.iter()
            .any(|id| ["4532693", "4540673", "4551762"].contains(&id.as_str())),
        "{ids:?}"
    );
}

/// The feed does not say that the last cumulative update of 1909 supersedes some of the
/// older ones; by its revision it brings them all, but never a standalone update.
#[test]
fn what_to_install_is_no_more_than_it_takes() {
    let Some(data) = real_feed() else { return };
    let folder = tempfile::tempdir().unwrap();
    let to_install = |report: &str| {
        let report = file(folder.path(), "host.json", report);
        let text = kbgap(data, &["check", &report]).ok().stdout;
        let line = text.lines().find(|line| line.contains("To install: "));
        line.unwrap_or_else(|| panic!("{text}")).to_owned()
    };
    let old = host("10.0.18363.592");
    assert!(to_install(&old).ends_with("To install: KB5014701; the rest comes with that."));
    let secure = old.replacen('{', "{\"secureBoot\": true, ", 1);
    assert!(
        to_install(&secure)
            .ends_with("To install: KB4535680, KB5014701; the rest comes with that.")
    );
}

/// 20H2 for x64 stands in six months of the feed, for ARM64 in all.
#[test]
fn a_windows_that_the_feed_forgot_is_not_shown_as_patched() {
    let Some(data) = real_feed() else { return };
    let folder = tempfile::tempdir().unwrap();
    for (build, architecture, forgotten) in [
        (19_042, "x64", true),
        (19_042, "arm64", false),
        (19_043, "x64", false),
        (17_134, "x86", false),
    ] {
        let report = host(&format!("10.0.{build}.9999")).replace("x64", architecture);
        let report = file(folder.path(), "host.json", &report);
        let text = kbgap(data, &["check", &report]).ok().stdout;
        assert!(text.contains("No update is missing"), "{text}");
        assert_eq!(text.contains("the feed leaves out"), forgotten, "{text}");
    }
}

#[test]
fn every_real_systeminfo_has_its_product() {
    let Some(data) = real_feed() else { return };
    let folder = shared().unwrap().join("data/inventories/systeminfo");
    for (name, product) in [
        (
            "10_1803_x64_pro_it",
            "Windows 10 Version 1803 for x64-based Systems",
        ),
        (
            "10_1809_x64_education_es",
            "Windows 10 Version 1809 for x64-based Systems",
        ),
        (
            "10_1809_x64_enterprise_zh-cn",
            "Windows 10 Version 1809 for x64-based Systems",
        ),
        (
            "10_21H2_x64_pro",
            "Windows 10 Version 21H2 for x64-based Systems",
        ),
        (
            "10_22H2_x64_enterprise_en-us",
            "Windows 10 Version 22H2 for x64-based Systems",
        ),
        (
            "11_23H2_x64_enterprise",
            "Windows 11 Version 23H2 for x64-based Systems",
        ),
        (
            "11_24H2_x64_enterprise",
            "Windows 11 Version 24H2 for x64-based Systems",
        ),
        (
            "7_sp1_x64_ultimaten_de",
            "Windows 7 for x64-based Systems Service Pack 1",
        ),
        (
            "8.1_u1_x64_enterprise_en-us",
            "Windows 8.1 for x64-based systems",
        ),
        (
            "srv_2008r2_sp1_x64_standard_en-us",
            "Windows Server 2008 R2 for x64-based Systems Service Pack 1",
        ),
        ("srv_2012r2_x64_standard_ru", "Windows Server 2012 R2"),
        ("srv_2016_1607_datacenter_en-us", "Windows Server 2016"),
        ("srv_2022", "Windows Server 2022"),
    ] {
        let file = folder.join(format!("{name}_systeminfo.txt"));
        let json = kbgap(data, &["check", file.to_str().unwrap(), "--format", "json"])
            .ok()
            .json();
        assert_eq!(json["os"]["product"], product, "{name}");
        assert_eq!(json["assessed"], true, "{name}");
        assert!(!json["missing"].as_array().unwrap().is_empty(), "{name}");
    }
    let french = folder.join("7_sp1_x64_enterprise_fr_systeminfo_cmd.txt");
    let json = kbgap(
        data,
        &["check", french.to_str().unwrap(), "--format", "json"],
    )
    .ok()
    .json();
    assert_eq!(
        json["os"]["product"],
        "Windows 7 for x64-based Systems Service Pack 1"
    );
}

#[test]
fn several_hosts_give_a_line_each() {
    let data = sample_feed();
    let folder = tempfile::tempdir().unwrap();
    let both = file(
        folder.path(),
        "both.json",
        &format!("{}\n{}\n", host("10.0.18363.592"), host("10.0.18362.720")),
    );
    let run = kbgap(data.path(), &["check", &both, "--format", "json"]).ok();
    assert_eq!(run.stdout.lines().count(), 2);
    // On a day when both are supported, so that the second has nothing to tell.
    let args = ["check", &both, "--format", "csv", "--date", "2020-03-24"];
    let csv = kbgap(data.path(), &args).ok();
    assert!(
        csv.stdout.starts_with("computerDnsName,os,build,id,"),
        "{}",
        csv.stdout
    );
    assert_eq!(csv.stdout.lines().count(), 3);
}

#[test]
fn the_exit_code_for_pipelines() {
    let data = sample_feed();
    let folder = tempfile::tempdir().unwrap();
    let old = file(folder.path(), "old.json", &host("10.0.18363.592"));
    let new = file(folder.path(), "new.json", &host("10.0.18363.720"));
    assert_eq!(kbgap(data.path(), &["check", &old]).code, 0);
    assert_eq!(
        kbgap(data.path(), &["check", &old, "--fail-on", "missing"]).code,
        3
    );
    assert_eq!(
        kbgap(data.path(), &["check", &new, "--fail-on", "missing"]).code,
        0
    );
    assert_eq!(
        kbgap(data.path(), &["check", &old, "--fail-on", "nonsense"]).code,
        2
    );
}

#[test]
fn what_is_not_assessed_is_never_shown_as_clean() {
    let data = sample_feed();
    let folder = tempfile::tempdir().unwrap();
    let unknown = file(folder.path(), "x.json", &host("10.0.12345.1"));
    let json = kbgap(data.path(), &["check", &unknown, "--format", "json"])
        .ok()
        .json();
    assert_eq!(json["assessed"], false);
    assert!(json["reason"].as_str().unwrap().contains("12345"));
    let table = kbgap(data.path(), &["check", &unknown]).ok().stdout;
    assert!(
        table.contains("not assessed") && !table.contains("No update is missing"),
        "{table}"
    );
    let csv = kbgap(data.path(), &["check", &unknown, "--format", "csv"])
        .ok()
        .stdout;
    assert!(csv.contains("not assessed"), "{csv}");
    let run = kbgap(data.path(), &["check", &unknown, "--fail-on", "missing"]);
    assert!(
        run.code == 1 && run.stderr.contains("pc-017: not assessed"),
        "{}",
        run.stderr
    );
}

#[test]
fn errors_name_the_file_and_the_remedy() {
    let data = sample_feed();
    let folder = tempfile::tempdir().unwrap();
    for (name, text, says) in [
        ("a.txt", "hello", "systeminfo"),
        (
            "b.json",
            r#"{"computerDnsName":"a","os":{"version":"ten"}}"#,
            "os.version",
        ),
        (
            "c.txt",
            "HotFixID\nKB5031354\n",
            "systeminfo of the same host",
        ),
        ("d.json", "{\"computerDnsName\":", "line 1"),
    ] {
        let path = file(folder.path(), name, text);
        let run = kbgap(data.path(), &["check", &path]);
        assert_eq!(run.code, 1, "{name}");
        assert!(
            run.stderr.contains(name) && run.stderr.contains(says),
            "{}",
            run.stderr
        );
    }
    let run = kbgap(
        folder.path(),
        &[
            "check",
            &file(folder.path(), "e.json", &host("10.0.18363.592")),
        ],
    );
    assert_eq!(run.code, 1);
    assert!(run.stderr.contains("kbgap feed import"), "{}", run.stderr);
}

#[test]
fn a_hosts_name_cannot_write_to_the_terminal_or_the_spreadsheet() {
    let data = sample_feed();
    let folder = tempfile::tempdir().unwrap();
    let named = host("10.0.18363.592").replace("pc-017", "=cmd()|<script>");
    let path = file(folder.path(), "a.json", &named);
    let csv = kbgap(data.path(), &["check", &path, "--format", "csv"])
        .ok()
        .stdout;
    assert!(csv.lines().nth(1).unwrap().starts_with("'=cmd"), "{csv}");
    let escape = host("10.0.18363.592").replace("pc-017", "a\\u001b[31m");
    let run = kbgap(
        data.path(),
        &["check", &file(folder.path(), "b.json", &escape)],
    );
    assert_eq!(run.code, 1);
    assert!(run.stderr.contains("control characters"), "{}", run.stderr);
}

#[test]
fn explain_tells_the_same_as_the_list() {
    let data = sample_feed();
    let folder = tempfile::tempdir().unwrap();
    let old = file(folder.path(), "old.json", &host("10.0.18363.592"));
    let json = kbgap(
        data.path(),
        &["explain", &old, "KB4540673", "--format", "json"],
    )
    .ok()
    .json();
    assert_eq!(json["verdict"], "missing");
    assert_eq!(json["products"].as_array().unwrap().len(), 3);
    assert_eq!(json["products"][0]["software"], "microsoft-_-windows_10");
    assert_eq!(
        json["products"][0]["vulnerable"].as_array().unwrap().len(),
        77
    );
    let new = file(folder.path(), "new.json", &host("10.0.18363.720"));
    let json = kbgap(
        data.path(),
        &["explain", &new, "4540673", "--format", "json"],
    )
    .ok()
    .json();
    assert_eq!(
        (
            json["verdict"].as_str(),
            json["products"][0]["fixed"].as_array().unwrap().len()
        ),
        (Some("present"), 77)
    );
    let text = kbgap(data.path(), &["explain", &old, "4540673"])
        .ok()
        .stdout;
    assert!(
        text.contains("is missing on pc-017") && text.contains("18363.719"),
        "{text}"
    );
    let run = kbgap(data.path(), &["explain", &old, "9999999"]);
    assert!(
        run.code == 1 && run.stderr.contains("not in the feed"),
        "{}",
        run.stderr
    );
}

/// The three forms of one answer, as scripts and people have come to know them.
#[test]
fn the_forms_of_the_answer() {
    let data = sample_feed();
    let host = file(data.path(), "pc.json", &host("10.0.18363.592"));
    let check = |format| {
        let day = ["--date", "2020-03-24"];
        kbgap(
            data.path(),
            &[&["check", &host, "--format", format], &day[..]].concat(),
        )
        .ok()
        .stdout
    };
    let json: serde_json::Value = serde_json::from_str(&check("json")).unwrap();
    insta::assert_json_snapshot!("check_json", json);
    insta::assert_snapshot!("check_csv", check("csv"));
    insta::assert_snapshot!("check_table", check("table"));
}
