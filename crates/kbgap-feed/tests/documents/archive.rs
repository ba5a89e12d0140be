//! Archives of documents.

use std::io::{Cursor, Write as _};
use std::path::Path;

use kbgap_feed::{Content, FeedError, Reason, read_file};
use proptest::prelude::*;
use zip::ZipWriter;
use zip::write::SimpleFileOptions;

use crate::mutations;

const MONTH: &str = "<cvrfdoc><DocumentTitle>T</DocumentTitle><DocumentTracking><Identification><ID>2020-Mar</ID>\
    </Identification><CurrentReleaseDate>2020-03-12T08:00:00</CurrentReleaseDate></DocumentTracking></cvrfdoc>";
const KEV: &str = "cveID,dateAdded\nCVE-2020-0796,2022-02-10\n";

fn zip(entries: &[(&str, &[u8])]) -> Vec<u8> {
    let mut writer = ZipWriter::new(Cursor::new(Vec::new()));
    for (name, bytes) in entries {
        writer
            .start_file(*name, SimpleFileOptions::default())
            .unwrap();
        writer.write_all(bytes).unwrap();
    }
    writer.finish().unwrap().into_inner()
}

fn read(bytes: &[u8]) -> Vec<(String, Result<Content, FeedError>)> {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("feed.zip");
    std::fs::write(&file, bytes).unwrap();
    let name = |path: &Path| {
        path.strip_prefix(folder.path())
            .unwrap()
            .display()
            .to_string()
    };
    let read = read_file(&file).into_iter();
    read.map(|(path, content)| (name(&path), content)).collect()
}

fn refused(bytes: &[u8]) -> Reason {
    let mut read = read(bytes);
    assert_eq!(read.len(), 1, "{read:?}");
    let (name, content) = read.remove(0);
    assert_eq!(name, "feed.zip");
    content.unwrap_err().reason
}

#[test]
fn each_document_is_read_by_its_content_and_the_rest_is_left_alone() {
    let packed = zstd::encode_all(MONTH.as_bytes(), 1).unwrap();
    let read = read(&zip(&[
        ("feed/b.xml", MONTH.as_bytes()),
        ("feed/a.xml.zst", &packed),
        ("kev.csv", KEV.as_bytes()),
        ("broken.xml", b"<cvrfdoc>"),
        ("readme.txt", b"not read"),
        ("inner.zip", b"PK\x03\x04"),
    ]));
    let told: Vec<_> = read
        .iter()
        .map(|(name, content)| {
            let content = match content {
                Ok(Content::Month(month)) => month.id.clone(),
                Ok(Content::KnownExploited(list)) => list.entries.len().to_string(),
                Ok(other) => panic!("{other:?}"),
                Err(error) => error.file.rsplit('/').next().unwrap().to_owned(),
            };
            (name.as_str(), content)
        })
        .collect();
    let told: Vec<_> = told
        .iter()
        .map(|(name, told)| (*name, told.as_str()))
        .collect();
    assert_eq!(
        told,
        [
            ("feed.zip/broken.xml", "broken.xml"),
            ("feed.zip/feed/a.xml.zst", "2020-Mar"),
            ("feed.zip/feed/b.xml", "2020-Mar"),
            ("feed.zip/kev.csv", "1"),
        ]
    );
}

#[test]
fn names_that_lead_out_of_an_archive_refuse_all_of_it() {
    for name in ["../a.xml", "feed/../../a.xml"] {
        let reason = refused(&zip(&[
            ("good.xml", MONTH.as_bytes()),
            (name, MONTH.as_bytes()),
        ]));
        assert!(
            reason.to_string().contains("leads out of it"),
            "{name}: {reason}"
        );
    }
    // The writer makes no such names, so it is forged: both have as many letters.
    let plain = zip(&[
        ("good.xml", MONTH.as_bytes()),
        ("Xetc/a.xml", MONTH.as_bytes()),
    ]);
    let mut forged = plain.clone();
    for at in 0..forged.len() - 10 {
        if forged[at..].starts_with(b"Xetc/a.xml") {
            forged[at] = b'/';
        }
    }
    assert_ne!(plain, forged);
    let reason = refused(&forged);
    assert!(reason.to_string().contains("leads out of it"), "{reason}");
}

#[test]
fn control_characters_in_a_name_reach_no_message() {
    let read = read(&zip(&[
        ("a\u{1b}[2J.xml", MONTH.as_bytes()),
        ("b\u{b}\nc.csv", b"nothing"),
    ]));
    assert_eq!(read[0].0, "feed.zip/a\u{fffd}[2J.xml");
    let error = read[1].1.as_ref().unwrap_err().to_string();
    assert!(error.contains("b\u{fffd} c.csv:1: "), "{error}");
    assert!(!error.contains(char::is_control), "{error:?}");
}

#[test]
fn more_entries_than_any_feed_has_are_refused() {
    let names: Vec<String> = (0..60_001).map(|n| format!("{n}.xml")).collect();
    let entries: Vec<(&str, &[u8])> = names.iter().map(|name| (name.as_str(), &b""[..])).collect();
    let reason = refused(&zip(&entries));
    assert!(reason.to_string().contains("60000 entries"), "{reason}");
}

#[test]
fn a_bomb_is_refused() {
    let blanks = b"<!---->\n".repeat(17 << 20);
    let read = read(&zip(&[
        ("bomb.xml", &blanks),
        ("good.xml", MONTH.as_bytes()),
    ]));
    let error = read[0].1.as_ref().unwrap_err();
    assert!(matches!(error.reason, Reason::TooLarge(128)), "{error}");
    assert!(read[1].1.is_ok());
}

#[test]
fn what_is_cut_off_or_empty_is_refused() {
    let whole = zip(&[("a.xml", MONTH.as_bytes())]);
    for length in [4, whole.len() / 2, whole.len() - 1] {
        let reason = refused(&whole[..length]);
        assert!(
            matches!(reason, Reason::Archive(_) | Reason::PackedCutOff),
            "{length}: {reason}"
        );
    }
    let none = refused(&zip(&[("a.txt", b"x")]));
    assert!(none.to_string().contains("no document of a feed"), "{none}");
    assert!(matches!(refused(&zip(&[])), Reason::Archive(_)));
}

#[test]
fn damaged_entries_are_refused_and_the_rest_is_read() {
    let mut bytes = zip(&[("a.xml", MONTH.as_bytes()), ("b.xml", MONTH.as_bytes())]);
    // In the data of the first entry.
    bytes[60] ^= 0xff;
    let read = read(&bytes);
    assert!(read[0].1.is_err() && read[1].1.is_ok(), "{read:?}");
}

#[test]
fn a_file_that_is_not_there() {
    let read = read_file(Path::new("/nowhere/at/all.zip"));
    let error = read[0].1.as_ref().unwrap_err();
    assert!(matches!(error.reason, Reason::Io(_)), "{error}");
}

proptest! {
    #[test]
    fn no_mutation_makes_it_panic(bytes in mutations(zip(&[("a.xml", MONTH.as_bytes()), ("kev.csv", KEV.as_bytes())]))) {
        let _ = read(&bytes);
    }
}
