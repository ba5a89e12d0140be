//! `kbgap machine import`: any form, one command, and nothing stored where anything is wrong.

use kbgap_testkit::shared;

use crate::harness::{Run, command, file, host, kbgap, sample_feed};

const HOTFIXES: &str = "HotFixID  \nKB5031354  \nKB5029921  \n";

#[test]
fn every_real_inventory_goes_in_with_one_command() {
    let Some(shared) = shared() else { return };
    let inventories = shared.join("data/inventories");
    let data = tempfile::tempdir().unwrap();
    let path = |name: &str| inventories.join(name).to_str().unwrap().to_owned();
    let (scans, texts) = (path("vuls-scan"), path("systeminfo"));
    let run = kbgap(
        data.path(),
        &["machine", "import", &scans, &texts, "--format", "json"],
    );
    // One list of hotfixes names no host, and nothing else does for it.
    assert_eq!(run.code, 1, "{}", run.stderr);
    assert_eq!(
        run.stderr
            .lines()
            .filter(|l| l.starts_with("error"))
            .count(),
        1,
        "{}",
        run.stderr
    );
    assert!(
        run.stderr
            .contains("20190305_qfe.txt: is a list of hotfixes"),
        "{}",
        run.stderr
    );
    let stored = run.json();
    assert_eq!(
        (&stored["created"], &stored["refused"]),
        (&24.into(), &1.into())
    );

    let list = path("systeminfo/7_sp1_x64_enterprise_en-us_20190305_qfe.txt");
    let folder = tempfile::tempdir().unwrap();
    let version = file(
        folder.path(),
        "v.csv",
        "Host,OS Version,Arch,Type\nw7,6.1.7601,x64,x\n",
    );
    kbgap(
        data.path(),
        &["machine", "import", &list, &version, "--machine", "w7"],
    )
    .ok();
    let run = kbgap(
        data.path(),
        &["machine", "import", &scans, "--format", "json"],
    )
    .ok();
    assert_eq!(run.json()["unchanged"], 10);
}

#[test]
fn what_is_wrong_leaves_the_store_as_it_was() {
    let data = sample_feed();
    let folder = tempfile::tempdir().unwrap();
    let import = |args: &[&str]| kbgap(data.path(), &[&["machine", "import"], args].concat());
    let good = file(folder.path(), "good.json", &host("10.0.18363.592"));
    import(&[&good]).ok();
    let scan = r#"{"jsonVersion":4,"serverName":"web-1","family":"windows","release":"Windows Server 2022","runningKernel":{"version":"10.0.20348.3328"},"packages":{},"windowsKB":{"applied":["5053603"]}}"#;
    let cut = file(folder.path(), "cut.json", &scan[..scan.len() - 9]);
    let mixed = file(
        folder.path(),
        "mixed.csv",
        "Host,OS Version\npc-1,10.0.19045\npc-2,1909\n",
    );
    let bare = file(folder.path(), "missing.txt", "KB5031354\nKB5029921\n");
    let hotfixes = file(folder.path(), "hotfixes.txt", HOTFIXES);
    for (files, told) in [
        (vec![cut.as_str()], "cut.json: row 1: is cut off"),
        (vec![&mixed], "mixed.csv: line 3"),
        (vec![&bare], "missing.txt: holds KB numbers alone"),
        (vec![&hotfixes], "--machine"),
        (
            vec![&good, &hotfixes, "--machine", "other"],
            "and not of `other`",
        ),
        (vec![&good, &mixed, "--machine", "pc-017"], "line 3"),
    ] {
        let run = import(&[&files[..], &["--format", "json"]].concat());
        assert_eq!(run.code, 1, "{files:?}");
        assert!(run.stderr.contains(told), "{told}: {}", run.stderr);
        let stored = run.json();
        assert_eq!(
            (&stored["created"], &stored["changed"]),
            (&0.into(), &0.into()),
            "{files:?}"
        );
    }
}

#[test]
fn a_preview_shows_columns_and_hosts_and_stores_nothing() {
    let data = sample_feed();
    let folder = tempfile::tempdir().unwrap();
    let table = file(
        folder.path(),
        "hosts.csv",
        "Host Name,OS Version,Type,Installation Type,KBs,Owner\npc-1,10.0.18363.592,x,Client,KB4528760,Ann\n",
    );
    let run = kbgap(data.path(), &["machine", "import", "--preview", &table]).ok();
    for told in [
        "hosts.csv: a table, 1 report",
        "Host Name -> computerDnsName",
        "Owner -> passed over",
        "Windows 10 Version 1909",
        "18363.592",
        "Nothing was stored",
    ] {
        assert!(run.stdout.contains(told), "{told}: {}", run.stdout);
    }
    let run = kbgap(
        data.path(),
        &["machine", "import", "--preview", &table, "--format", "json"],
    )
    .ok();
    let preview = run.json();
    assert_eq!(preview["machines"][0]["installedKbs"], 1);
    assert_eq!(
        preview["files"][0]["columns"][5]["field"],
        serde_json::Value::Null
    );
    let run = kbgap(
        data.path(),
        &["machine", "import", &table, "--format", "json"],
    )
    .ok();
    assert_eq!(run.json()["created"], 1, "{}", run.stdout);
}

#[test]
fn a_host_of_several_files_is_checked_as_one() {
    let data = sample_feed();
    let folder = tempfile::tempdir().unwrap();
    let version = file(
        folder.path(),
        "v.csv",
        "Host,OS Version,Architecture,Installation Type\npc-017,10.0.18363,x64,Client\n",
    );
    let hotfixes = file(folder.path(), "h.txt", "HotFixID  \nKB4540673  \n");
    let run = kbgap(
        data.path(),
        &[
            "check",
            &version,
            &hotfixes,
            "--machine",
            "pc-017",
            "--format",
            "json",
        ],
    )
    .ok();
    let host = run.json();
    assert_eq!(host["os"]["revision"], 719, "{}", run.stdout);
}

#[test]
fn programs_that_are_not_recognised_are_listed() {
    let folder = tempfile::tempdir().unwrap();
    let list = file(
        folder.path(),
        "software.csv",
        "DisplayName,DisplayVersion,Publisher\nMozilla Firefox (x64 en-US),138.0,Mozilla\nHeadtrax 4,4.1,Lob Apps\n\
         Microsoft Office Professional Plus 2016,16.0,Microsoft Corporation\nMicrosoft Edge Update,1.3,Microsoft Corporation\n",
    );
    let none = folder.path().join("none");
    let run = kbgap(&none, &["software", "unrecognised", &list]).ok();
    assert!(
        run.stdout.contains("Headtrax 4") && !run.stdout.contains("Firefox"),
        "{}",
        run.stdout
    );
    assert!(
        run.stdout
            .contains("2 names recognised, 1 part of other programs, 1 not recognised."),
        "{}",
        run.stdout
    );
    let run = kbgap(
        &none,
        &[
            "software",
            "unrecognised",
            &list,
            "--all",
            "--format",
            "json",
        ],
    )
    .ok();
    let software = run.json()["software"].clone();
    let office = software
        .as_array()
        .unwrap()
        .iter()
        .find(|s| s["id"] == "microsoft-_-office")
        .unwrap();
    assert_eq!(
        (&office["release"], &office["edition"], &office["branch"]),
        (&"2016".into(), &"Professional Plus".into(), &"msi".into())
    );
    assert!(!none.exists(), "nothing has to be stored for it");
}

#[test]
fn packed_files_are_read_and_grow_no_further_than_others() {
    use std::io::Write;

    let data = sample_feed();
    let folder = tempfile::tempdir().unwrap();
    let packed = |name: &str, text: &[u8]| {
        let path = folder.path().join(name);
        let mut packer = flate2::write::GzEncoder::new(
            std::fs::File::create(&path).unwrap(),
            flate2::Compression::best(),
        );
        packer.write_all(text).unwrap();
        packer.finish().unwrap();
        path.to_str().unwrap().to_owned()
    };
    let good = packed("part-00393.c000.json.gz", host("10.0.18363.592").as_bytes());
    kbgap(data.path(), &["machine", "import", &good]).ok();
    let bytes = zstd::encode_all(host("10.0.18363.719").as_bytes(), 3).unwrap();
    let path = folder.path().join("h.zst");
    std::fs::write(&path, bytes).unwrap();
    kbgap(data.path(), &["check", path.to_str().unwrap()]).ok();
    let bomb = packed("bomb.gz", &vec![b' '; 300 << 20]);
    let run = kbgap(data.path(), &["machine", "import", &bomb]);
    assert!(
        run.code == 1 && run.stderr.contains("larger than 256 MB"),
        "{}",
        run.stderr
    );
    let cut = std::fs::read(&good).unwrap();
    let path = folder.path().join("cut.gz");
    std::fs::write(&path, &cut[..cut.len() / 2]).unwrap();
    let run = kbgap(data.path(), &["machine", "import", path.to_str().unwrap()]);
    assert!(
        run.code == 1 && run.stderr.contains("cut.gz: cannot be read"),
        "{}",
        run.stderr
    );
}

/// Files of one host, one of another, and one that is refused, read where they lie so that their names are short.
#[test]
fn answers_for_people_are_as_they_were_looked_at() {
    let data = sample_feed();
    let folder = tempfile::tempdir().unwrap();
    file(
        folder.path(),
        "host.csv",
        "Host Name,OS Version,Arch,Installation Type,Owner\npc-1,10.0.19045.3448,x64,Client,Ann\n",
    );
    file(
        folder.path(),
        "kbs.txt",
        "HotFixID   CSName\nKB5031356  PC-1\n",
    );
    file(
        folder.path(),
        "software.json",
        r#"[{"DisplayName":"Mozilla Firefox (x64 en-US)","DisplayVersion":"138.0","Publisher":"Mozilla","PSComputerName":"pc-1"},
            {"DisplayName":"Headtrax 4","DisplayVersion":"4.1","Publisher":"Lob Apps","PSComputerName":"pc-1"},
            {"DisplayName":"Microsoft Office Standard 2016","DisplayVersion":"16.0.4266.1001","Publisher":"Microsoft Corporation","PSComputerName":"pc-1"}]"#,
    );
    file(
        folder.path(),
        "srv.json",
        r#"{"computerDnsName":"srv-1","os":{"version":"10.0.20348"}}"#,
    );
    file(folder.path(), "wrong.csv", "Host,OS Version\na,22H2\n");
    let run = |args: &[&str]| {
        let mut command = command(data.path());
        let output = command
            .current_dir(folder.path())
            .args(args)
            .output()
            .unwrap();
        let run = Run::of(output);
        format!("{}---\n{}", run.stdout, run.stderr)
    };
    let files = [
        "host.csv",
        "kbs.txt",
        "software.json",
        "srv.json",
        "wrong.csv",
    ];
    let preview = run(&[&["machine", "import", "--preview"][..], &files].concat());
    insta::assert_snapshot!("import_preview", preview);
    let json = run(&[
        &["machine", "import", "--preview", "--format", "json"][..],
        &files,
    ]
    .concat());
    insta::assert_snapshot!("import_preview_json", json);
    insta::assert_snapshot!(
        "software_unrecognised",
        run(&["software", "unrecognised", "software.json", "--all"])
    );
}
