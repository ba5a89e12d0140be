//! A month that is known, and a newer one of it that is cut off or damaged in many ways: what is
//! stored stays, byte for byte, unless the newer one is whole.

use std::path::Path;

use crate::harness::{Run, kbgap, sample, sample_feed, stored};

/// The sample month, dated later.
fn newer() -> Vec<u8> {
    let text = std::fs::read_to_string(sample()).unwrap();
    let date = |day: &str| format!("<cvrf:CurrentReleaseDate>{day}T");
    text.replace(&date("2020-03-12"), &date("2020-04-01"))
        .into_bytes()
}

fn import(data: &Path, folder: &Path, bytes: &[u8]) -> Run {
    let path = folder.join("newer.xml");
    std::fs::write(&path, bytes).unwrap();
    kbgap(data, &["feed", "import", path.to_str().unwrap()])
}

/// Nothing has changed but the lock, and the file is named.
fn assert_refused(data: &Path, folder: &Path, bytes: &[u8], what: &str) {
    let before = stored(data);
    let run = import(data, folder, bytes);
    assert_eq!(run.code, 1, "{what}: {}{}", run.stdout, run.stderr);
    assert!(run.stderr.contains("newer.xml"), "{what}: {}", run.stderr);
    assert!(stored(data) == before, "{what}: the store changed");
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
