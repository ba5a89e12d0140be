//! Real inventories, one at a time and changed in many ways, through the command: either the
//! host is what it is, or a message names the file and the store is as it was. What each form
//! notices in detail is tested in `kbgap-inventory`.

use std::path::{Path, PathBuf};

use kbgap_testkit::shared;
use serde_json::Value;

use crate::harness::{Run, file, host, kbgap, stored};

/// file, host, Windows, build and revision, KBs. Written down from the files themselves, those
/// that names of programs carry among the KBs.
const FILES: &str = "
    systeminfo/10_1803_x64_pro_it_systeminfo.txt                 PC044            Windows 10 Version 1803  17134        10
    systeminfo/10_1809_x64_education_es_systeminfo.txt           ...              Windows 10 Version 1809  17763        9
    systeminfo/10_1809_x64_enterprise_zh-cn_systeminfo.txt       DESKTOP-0CQH3P2  Windows 10 Version 1809  17763        1
    systeminfo/10_21H2_x64_pro_systeminfo.txt                    DESKTOP          Windows 10 Version 21H2  19044        7
    systeminfo/10_22H2_x64_enterprise_en-us_systeminfo.txt       DESKTOP-92B51CV  Windows 10 Version 22H2  19045        1
    systeminfo/11_23H2_x64_enterprise_systeminfo.txt             DESKTOP-JNEKK9U  Windows 11 Version 23H2  22631        4
    systeminfo/11_24H2_x64_enterprise_systeminfo.txt             WINXI24H2LTSC    Windows 11 Version 24H2  26100        3
    systeminfo/7_sp1_x64_enterprise_fr_systeminfo_cmd.txt        WIN-IDKKFN87EL8  Windows 7                7601         73
    systeminfo/7_sp1_x64_ultimaten_de_systeminfo.txt             OLI7-PC          Windows 7                7601         242
    systeminfo/8.1_u1_x64_enterprise_en-us_systeminfo.txt        WIN81U1X64       Windows 8.1              9600         6
    systeminfo/srv_2008r2_sp1_x64_standard_en-us_systeminfo.txt  SRV2K8R2SP1X64   Windows Server 2008 R2   7601         2
    systeminfo/srv_2012r2_x64_standard_ru_systeminfo.txt         DC               Windows Server 2012 R2   9600         7
    systeminfo/srv_2016_1607_datacenter_en-us_systeminfo.txt     MYSERVER         Windows Server 2016      14393        5
    systeminfo/srv_2022_systeminfo.txt                           WIN-RIBN7SM07BK  Windows Server 2022      20348        3
    vuls-scan/windows_10_1809.json                       windows_10_1809                      Windows 10 Version 1809  17763.503    26
    vuls-scan/windows_10_1903.json                       windows_10_1903                      Windows 10 Version 1903  18362.592    26
    vuls-scan/windows_10_20h2.json                       windows_10_20h2                      Windows 10 Version 20H2  19042.746    15
    vuls-scan/windows_10_21h2.json                       windows_10_21h2                      Windows 10 Version 21H2  19044.1645   29
    vuls-scan/windows_11_22h2.json                       windows_11_22h2                      Windows 11 Version 22H2  22621.6060   85
    vuls-scan/windows_11_24h2.json                       windows_11_24h2                      Windows 11 Version 24H2  26100.7623   36
    vuls-scan/windows_7.json                             windows_7                            Windows 7                7601         214
    vuls-scan/windows_server_2012_r2.json                windows_server_2012_r2               Windows Server 2012 R2   9600.21620   93
    vuls-scan/windows_server_2019.json                   windows_server_2019                  Windows Server 2019      17763.6054   141
    vuls-scan/windows_server_2022_sql_server_2019.json   windows_server_2022_sql_server_2019  Windows Server 2022      20348.3328   74
";

struct Row {
    path: PathBuf,
    host: &'static str,
    windows: &'static str,
    build: &'static str,
    kbs: u64,
}

/// The rows; none where there are no shared data.
fn rows() -> Vec<Row> {
    let Some(shared) = shared() else {
        return Vec::new();
    };
    let inventories = shared.join("data/inventories");
    let row = |line: &'static str| {
        let cells = line
            .split("  ")
            .map(str::trim)
            .filter(|cell| !cell.is_empty());
        let [path, host, windows, build, kbs] = cells.collect::<Vec<_>>().try_into().unwrap();
        let path = inventories.join(path);
        Row {
            path,
            host,
            windows,
            build,
            kbs: kbs.parse().unwrap(),
        }
    };
    let rows: Vec<Row> = FILES
        .lines()
        .filter(|line| !line.trim().is_empty())
        .map(row)
        .collect();
    let folders = ["systeminfo", "vuls-scan"].map(|name| std::fs::read_dir(inventories.join(name)));
    // Two are lists of hotfixes.
    assert_eq!(
        folders.map(|f| f.unwrap().count()).iter().sum::<usize>(),
        rows.len() + 2
    );
    rows
}

/// A data folder that has one host already.
fn data() -> tempfile::TempDir {
    let data = tempfile::tempdir().unwrap();
    let good = file(data.path(), "good.json", &host("10.0.18363.592"));
    kbgap(data.path(), &["machine", "import", &good]).ok();
    std::fs::remove_file(good).unwrap();
    data
}

fn import(data: &Path, path: &Path) -> Run {
    kbgap(
        data,
        &[
            "machine",
            "import",
            path.to_str().unwrap(),
            "--format",
            "json",
        ],
    )
}

/// What a preview tells of the hosts of a file.
fn preview(data: &Path, path: &Path) -> Vec<Value> {
    let path = path.to_str().unwrap();
    let run = kbgap(
        data,
        &["machine", "import", "--preview", path, "--format", "json"],
    );
    run.json()["machines"].as_array().unwrap().clone()
}

impl Row {
    fn bytes(&self) -> Vec<u8> {
        std::fs::read(&self.path).unwrap()
    }

    fn assert_is(&self, machine: &Value, what: &str) {
        let revision = machine["revision"]
            .as_u64()
            .map(|revision| format!(".{revision}"));
        let build = format!("{}{}", machine["build"], revision.unwrap_or_default());
        let what = format!("{} {what}", self.path.display());
        assert_eq!(machine["computerDnsName"], self.host, "{what}");
        assert_eq!(machine["os"], self.windows, "{what}");
        assert_eq!(build, self.build, "{what}");
        assert_eq!(machine["installedKbs"], self.kbs, "{what}");
    }
}

/// A changed file: stored as the whole one is, or refused by its name without a trace.
fn same_or_refused(row: &Row, bytes: &[u8], what: &str) -> bool {
    let data = data();
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("changed.txt");
    std::fs::write(&path, bytes).unwrap();
    let before = stored(data.path());
    let run = import(data.path(), &path);
    let what = format!("{} {what}", row.path.display());
    if run.code == 0 {
        assert_eq!(run.json()["created"], 1, "{what}: {}", run.stderr);
        let found = preview(data.path(), &path);
        assert_eq!(found.len(), 1, "{what}");
        row.assert_is(&found[0], &what);
        return true;
    }
    assert_eq!(run.code, 1, "{what}: {}", run.stderr);
    let error = run
        .stderr
        .lines()
        .find(|line| line.starts_with("error: "))
        .unwrap_or_default();
    assert!(error.contains("changed.txt: "), "{what}: {}", run.stderr);
    // What is before it or after it may be a host of its own.
    if run.json()["created"] == 1 {
        let found = preview(data.path(), &path);
        row.assert_is(&found[0], &what);
        return true;
    }
    assert_eq!(run.json()["created"], 0, "{what}: {}", run.stderr);
    assert!(stored(data.path()) == before, "{what}: the store changed");
    false
}

#[test]
fn every_real_file_is_the_host_that_it_is_whatever_its_name_ends_with() {
    let data = data();
    let folder = tempfile::tempdir().unwrap();
    for (number, row) in rows().iter().enumerate() {
        let ending = ["json", "csv", "reg", "xml"][number % 4];
        let path = folder.path().join(format!("report.{ending}"));
        std::fs::copy(&row.path, &path).unwrap();
        let found = preview(data.path(), &path);
        assert_eq!(found.len(), 1, "{}", row.path.display());
        row.assert_is(&found[0], "");
        let run = import(data.path(), &path).ok();
        assert_eq!(run.json()["created"], 1, "{}", run.stderr);
    }
}

#[test]
fn what_is_cut_off_is_the_same_host_or_none() {
    for row in rows() {
        let bytes = row.bytes();
        for part in 0..8 {
            let length = bytes.len() * part / 8;
            let is_taken = same_or_refused(&row, &bytes[..length], &format!("up to {length}"));
            // The first half tells no host, or not all of its updates.
            assert!(
                !is_taken || part >= 4,
                "{} up to {length}",
                row.path.display()
            );
        }
    }
}

#[test]
fn what_is_damaged_or_mixed_is_the_same_host_or_none() {
    let rows = rows();
    for (at, row) in rows.iter().enumerate() {
        let bytes = row.bytes();
        let other = rows[(at + 7) % rows.len()].bytes();
        let middle = (bytes.len() / 2) & !1;
        let (head, tail) = bytes.split_at(middle);
        let wide: Vec<u8> = tail.iter().flat_map(|byte| [*byte, 0]).collect();
        for (bytes, what) in [
            ([head, &wide].concat(), "half of it UTF-16"),
            ([head, &[0; 64], tail].concat(), "zeros inside"),
            (
                [&other[..other.len() / 2], &bytes].concat(),
                "after half of another",
            ),
            (vec![0; bytes.len()], "zeros alone"),
            (bytes.iter().rev().copied().collect(), "backwards"),
        ] {
            let is_taken = same_or_refused(row, &bytes, what);
            assert!(
                !is_taken || what.starts_with("after"),
                "{} {what}",
                row.path.display()
            );
        }
    }
}

#[test]
fn what_is_no_report_is_refused_and_leaves_no_trace() {
    let data = data();
    let folder = tempfile::tempdir().unwrap();
    let before = stored(data.path());
    let empty = folder.path().join("empty");
    std::fs::create_dir(&empty).unwrap();
    let many = r#"{"computerDnsName":"a","os":{"version":"99999999999.0.1"}}"#;
    for (name, text, told) in [
        ("nothing.json", "", "nothing.json: is empty"),
        ("blank.txt", " \r\n\t", "blank.txt: is empty"),
        ("nul.txt", "\0\0\0\0", "nul.txt: "),
        (
            "huge.json",
            many,
            "huge.json: os.version: `99999999999.0.1` is no Windows version",
        ),
        ("half.json", "[{\"computerDnsName\":", "half.json: "),
        ("picture.png", "\u{89}PNG\r\n\u{1a}\n\0\0", "picture.png: "),
        (
            "page.json",
            "<!DOCTYPE html><html><body>Sign in</body></html>",
            "page.json: is no known report",
        ),
    ] {
        let path = file(folder.path(), name, text);
        let run = import(data.path(), Path::new(&path));
        assert_eq!(run.code, 1, "{name}: {}", run.stderr);
        assert!(run.stderr.contains(told), "{told}: {}", run.stderr);
        assert!(stored(data.path()) == before, "{name}: the store changed");
    }
    for path in [empty, folder.path().join("absent.json")] {
        let run = import(data.path(), &path);
        assert_eq!(run.code, 1, "{}: {}", path.display(), run.stderr);
        assert!(
            run.stderr.contains(path.to_str().unwrap()),
            "{}",
            run.stderr
        );
        assert!(stored(data.path()) == before, "{}", path.display());
    }
}
