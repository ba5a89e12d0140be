//! A month, a list or an advisory that is known, and a newer one of it that is cut off or damaged in many ways: what is
//! stored stays, byte for byte, unless the newer one is whole.

use std::path::Path;

use kbgap_testkit::vendor::gzip;

use crate::feed_lists::CSAF;
use crate::harness::{Run, kbgap, sample, sample_feed, stored};

/// The sample month, dated later.
fn newer() -> Vec<u8> {
    let text = std::fs::read_to_string(sample()).unwrap();
    let date = |day: &str| format!("<cvrf:CurrentReleaseDate>{day}T");
    text.replace(&date("2020-03-12"), &date("2020-04-01"))
        .into_bytes()
}

fn import_as(name: &str, data: &Path, folder: &Path, bytes: &[u8]) -> Run {
    let path = folder.join(name);
    std::fs::write(&path, bytes).unwrap();
    kbgap(data, &["feed", "import", path.to_str().unwrap()])
}

fn import(data: &Path, folder: &Path, bytes: &[u8]) -> Run {
    import_as("newer.xml", data, folder, bytes)
}

/// Nothing has changed but the lock, and the file is named.
fn assert_refused_as(name: &str, data: &Path, folder: &Path, bytes: &[u8], what: &str) {
    let before = stored(data);
    let run = import_as(name, data, folder, bytes);
    assert_eq!(run.code, 1, "{what}: {}{}", run.stdout, run.stderr);
    assert!(run.stderr.contains(name), "{what}: {}", run.stderr);
    assert!(stored(data) == before, "{what}: the store changed");
}

fn assert_refused(data: &Path, folder: &Path, bytes: &[u8], what: &str) {
    assert_refused_as("newer.xml", data, folder, bytes, what);
}

#[test]
fn a_month_that_is_cut_off_never_replaces_a_good_one() {
    let (data, folder) = (sample_feed(), tempfile::tempdir().unwrap());
    let whole = newer();
    let end = whole.trim_ascii_end().len();
    for length in (0..end).step_by(end / 20).chain(end - 4..end) {
        assert_refused(
            data.path(),
            folder.path(),
            &whole[..length],
            &format!("up to {length}"),
        );
    }
    let packed = zstd::encode_all(&whole[..], 3).unwrap();
    for length in (4..packed.len()).step_by(packed.len() / 10) {
        assert_refused(
            data.path(),
            folder.path(),
            &packed[..length],
            &format!("packed up to {length}"),
        );
    }
    let run = import(data.path(), folder.path(), &packed).ok();
    assert!(run.stdout.contains("1 replaced"), "{}", run.stdout);
}

#[test]
fn a_month_that_lost_a_part_or_is_two_never_replaces_a_good_one() {
    let (data, folder) = (sample_feed(), tempfile::tempdir().unwrap());
    let whole = newer();
    let text = String::from_utf8(whole.clone()).unwrap();
    let starts: Vec<usize> = text
        .match_indices("<vuln:Vulnerability ")
        .map(|(at, _)| at)
        .collect();
    for [from, to] in [[0, 1], [10, 12], [50, 95], [1, 90]] {
        let holed = [&whole[..starts[from]], &whole[starts[to]..]].concat();
        assert_refused(
            data.path(),
            folder.path(),
            &holed,
            &format!("without {from} to {to}"),
        );
    }
    let middle = whole.len() / 2;
    for (bytes, what) in [
        ([&whole[..], &whole].concat(), "twice"),
        ([&whole[..middle], &whole].concat(), "after half of it"),
        (
            [&whole[..middle], &whole[middle + 700..]].concat(),
            "a hole",
        ),
    ] {
        assert_refused(data.path(), folder.path(), &bytes, what);
    }
}

/// CISA's catalogue with so many entries, added on the days before one of March 2022.
fn kev_json(day: u32, entries: u32) -> String {
    let entry = |n: u32| {
        format!(
            r#"{{"cveID":"CVE-2020-{:04}","dateAdded":"2022-02-01","dueDate":"2022-07-28","requiredAction":"Apply, and \"check\".","knownRansomwareCampaignUse":"Known"}}"#,
            n + 1
        )
    };
    let entries: Vec<String> = (0..entries).map(entry).collect();
    format!(
        r#"{{"title":"t","catalogVersion":"2022.03.{day:02}","dateReleased":"2022-03-{day:02}T12:00:00Z","count":{},"vulnerabilities":[{}]}}"#,
        entries.len(),
        entries.join(",\n")
    )
}

fn kev_csv(day: u32, entries: u32) -> String {
    let header = "cveID,vendorProject,product,vulnerabilityName,dateAdded,shortDescription,requiredAction,dueDate,knownRansomwareCampaignUse,notes\n";
    let row = |n: u32| {
        format!(
            "CVE-2020-{:04},V,P,N,2022-03-{day:02},\"Short, and\nlong\",\"Apply\",2022-07-28,Known,\n",
            n + 1
        )
    };
    let rows: String = (0..entries).map(row).collect();
    format!("{header}{rows}")
}

fn epss_csv(day: u32, rows: u32) -> String {
    let row = |n: u32| format!("CVE-2020-{:04},0.{n:05},0.5\n", n + 1);
    let rows: String = (0..rows).map(row).collect();
    format!(
        "#model_version:v1,score_date:2023-03-{day:02}T00:00:00+0000\ncve,epss,percentile\n{rows}"
    )
}

#[test]
fn a_list_that_is_cut_off_or_lost_much_never_replaces_a_good_one() {
    type Make = fn(u32, u32) -> String;
    let kinds: [(&str, Make); 3] = [
        ("kev.json", kev_json),
        ("kev.csv", kev_csv),
        ("epss.csv", epss_csv),
    ];
    for (name, make) in kinds {
        let (data, folder) = (sample_feed(), tempfile::tempdir().unwrap());
        import_as(name, data.path(), folder.path(), make(10, 60).as_bytes()).ok();
        let whole = make(11, 60).into_bytes();
        let refused = |bytes: &[u8], what: &str| {
            let what = format!("{name}: {what}");
            assert_refused_as(name, data.path(), folder.path(), bytes, &what);
        };
        // Of a list of rows that does not count them, a tenth may be gone.
        for length in (0..whole.len() * 8 / 10).step_by(whole.len() / 8) {
            refused(&whole[..length], &format!("up to {length}"));
        }
        // Where it ends within its last row, it is nevertheless known to be cut off.
        let last_row = whole[..whole.len() - 1].iter().rposition(|b| *b == b'\n');
        let within = last_row.unwrap() + 4;
        refused(&whole[..within], "up to the beginning of the last row");
        refused(make(11, 50).as_bytes(), "fifty of sixty");
        refused(make(9, 60).as_bytes(), "of the day before");
        let packed = gzip(&whole);
        for length in (10..packed.len())
            .step_by(packed.len() / 6)
            .chain([packed.len() - 1])
        {
            refused(&packed[..length], &format!("packed up to {length}"));
        }
        let run = import_as(name, data.path(), folder.path(), &packed).ok();
        assert!(run.stdout.contains("1 replaced"), "{name}: {}", run.stdout);
    }
}

#[test]
fn an_advisory_that_is_cut_off_or_damaged_never_replaces_a_good_one() {
    let (data, folder) = (sample_feed(), tempfile::tempdir().unwrap());
    import_as("a.json", data.path(), folder.path(), CSAF.as_bytes()).ok();
    let newer = CSAF.replace(
        "\"current_release_date\":\"2020-03-20T07:00:00Z\"",
        "\"current_release_date\":\"2020-03-21T07:00:00Z\"",
    );
    assert_ne!(newer, CSAF);
    let whole = newer.trim_end().as_bytes();
    let refused = |bytes: &[u8], what: &str| {
        assert_refused_as("a.json", data.path(), folder.path(), bytes, what);
    };
    for length in (0..whole.len())
        .step_by(whole.len() / 24)
        .chain([whole.len() - 1])
    {
        refused(&whole[..length], &format!("up to {length}"));
    }
    let middle = whole.len() / 2;
    refused(&[&whole[..middle], whole].concat(), "after half of it");
    refused(&[&whole[..middle], &whole[middle + 9..]].concat(), "a hole");
    let none = newer.split_once("\"vulnerabilities\"").unwrap().0;
    refused(
        format!("{none}\"vulnerabilities\":[]}}").as_bytes(),
        "without its CVE",
    );
    let unfixed = newer.split_once("\"remediations\"").unwrap().0;
    refused(
        format!("{unfixed}\"remediations\":[]}}]}}").as_bytes(),
        "without its fix",
    );
    let run = import_as("a.json", data.path(), folder.path(), whole).ok();
    assert!(run.stdout.contains("1 replaced"), "{}", run.stdout);
}
