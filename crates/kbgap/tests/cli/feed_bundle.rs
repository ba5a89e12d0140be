//! `kbgap feed keygen`, `feed export` and `feed import` of a bundle.

use std::path::Path;

use kbgap_testkit::shared;

use crate::feed_lists::KEV;
use crate::harness::{Run, file, kbgap, sample, sample_feed};

/// A folder with a key, and the key's public part.
fn key() -> (tempfile::TempDir, String, String) {
    let folder = tempfile::tempdir().unwrap();
    let file = folder
        .path()
        .join("bundle.key")
        .to_str()
        .unwrap()
        .to_owned();
    let made = kbgap(folder.path(), &["feed", "keygen", &file]).ok();
    (folder, file, made.stdout.trim().to_owned())
}

fn export(data: &Path, file: &str, key: &str) -> Run {
    kbgap(
        data,
        &["feed", "export", file, "--key", key, "--format", "json"],
    )
}

fn catalogue(data: &Path) -> Vec<u8> {
    std::fs::read(data.join("catalog.snapshot")).unwrap()
}

#[test]
fn the_feed_goes_over_the_air_gap() {
    let (folder, key, public) = key();
    let from = sample_feed();
    if let Some(shared) = shared() {
        let months = ["2016-Apr", "2017-Feb"]
            .map(|id| shared.join(format!("data/msrc-cvrf-xml/{id}.xml.zst")));
        let months = months.each_ref().map(|path| path.to_str().unwrap());
        kbgap(from.path(), &[&["feed", "import"], &months[..]].concat()).ok();
    }
    // What is no month comes along.
    let kev = file(folder.path(), "kev.json", KEV);
    kbgap(from.path(), &["feed", "import", &kev]).ok();
    let bundle = folder.path().join("feed.kbgap");
    let bundle = bundle.to_str().unwrap();
    let exported = export(from.path(), bundle, &key).ok().json();
    assert_eq!(exported["key"], public.as_str());

    let to = tempfile::tempdir().unwrap();
    let untrusted = kbgap(to.path(), &["feed", "import", bundle]);
    assert!(
        untrusted.code == 1
            && untrusted.stderr.contains(&public)
            && untrusted.stderr.contains("--trust"),
        "{}",
        untrusted.stderr
    );
    assert!(!to.path().join("catalog.snapshot").exists());

    let args = [
        "feed", "import", bundle, "--trust", &public, "--format", "json",
    ];
    let json = kbgap(to.path(), &args).ok().json();
    let months = json["documents"].as_u64().unwrap();
    assert_eq!(json["added"], months + 1);
    assert!(catalogue(to.path()) == catalogue(from.path()));
    let again = kbgap(to.path(), &args).ok().json();
    assert_eq!(
        (&again["added"], &again["unchanged"]),
        (&0.into(), &json["added"])
    );

    // Trusted by the data folder, with a word on whose key it is.
    let other = tempfile::tempdir().unwrap();
    file(
        other.path(),
        "trusted-keys",
        &format!("# keys\n\n{public} of the office\n"),
    );
    kbgap(other.path(), &["feed", "import", bundle]).ok();
    assert!(catalogue(other.path()) == catalogue(from.path()));
}

#[test]
fn what_was_altered_is_refused() {
    let (folder, key, public) = key();
    let from = sample_feed();
    let bundle = folder.path().join("feed.kbgap");
    export(from.path(), bundle.to_str().unwrap(), &key).ok();
    let mut bytes = std::fs::read(&bundle).unwrap();
    let last = bytes.len() - 1;
    bytes[last] ^= 1;
    std::fs::write(&bundle, &bytes).unwrap();
    let to = tempfile::tempdir().unwrap();
    let run = kbgap(
        to.path(),
        &[
            "feed",
            "import",
            bundle.to_str().unwrap(),
            "--trust",
            &public,
            "--force",
        ],
    );
    assert!(
        run.code == 1 && run.stderr.contains("altered"),
        "{}",
        run.stderr
    );
    assert!(!to.path().join("catalog.snapshot").exists());
}

#[test]
fn what_is_older_is_refused_unless_forced() {
    let (folder, key, public) = key();
    let data = sample_feed();
    let old = catalogue(data.path());
    let bundle = folder.path().join("feed.kbgap");
    let bundle = bundle.to_str().unwrap();
    export(data.path(), bundle, &key).ok();
    let text = std::fs::read_to_string(sample()).unwrap();
    let newer = text.replace(
        "CurrentReleaseDate>2020-03-12T",
        "CurrentReleaseDate>2020-04-01T",
    );
    let newer = file(folder.path(), "newer.xml", &newer);
    kbgap(data.path(), &["feed", "import", &newer]).ok();
    let new = catalogue(data.path());

    let args = ["feed", "import", bundle, "--trust", &public];
    let run = kbgap(data.path(), &args);
    assert!(
        run.code == 1 && run.stderr.contains("older 2020-Mar") && run.stderr.contains("--force"),
        "{}",
        run.stderr
    );
    assert!(catalogue(data.path()) == new);
    let forced = kbgap(data.path(), &[&args[..], &["--force"]].concat()).ok();
    assert!(forced.stdout.contains("1 replaced"), "{}", forced.stdout);
    assert!(catalogue(data.path()) == old);
}

#[test]
fn a_bundle_of_the_future_is_refused_unless_forced() {
    let (folder, key, public) = key();
    let data = sample_feed();
    let text = std::fs::read_to_string(sample()).unwrap();
    let later = text.replace(
        "CurrentReleaseDate>2020-03-12T",
        "CurrentReleaseDate>2096-03-12T",
    );
    let later = file(folder.path(), "later.xml", &later);
    kbgap(data.path(), &["feed", "import", &later, "--force"]).ok();
    let bundle = folder.path().join("feed.kbgap");
    let bundle = bundle.to_str().unwrap();
    export(data.path(), bundle, &key).ok();

    let to = tempfile::tempdir().unwrap();
    let args = ["feed", "import", bundle, "--trust", &public];
    let run = kbgap(to.path(), &args);
    assert!(
        run.code == 1
            && run.stderr.contains("2020-Mar is of 2096-03-12")
            && run.stderr.contains("--force"),
        "{}",
        run.stderr
    );
    assert!(!to.path().join("catalog.snapshot").exists());
    let forced = kbgap(to.path(), &[&args[..], &["--force"]].concat()).ok();
    assert!(forced.stdout.contains("1 new"), "{}", forced.stdout);
}

#[test]
fn keys_are_kept_and_mistakes_are_named() {
    let (folder, key, _) = key();
    let pem = std::fs::read_to_string(&key).unwrap();
    assert!(pem.starts_with("-----BEGIN PRIVATE KEY-----"));
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt as _;
        let mode = std::fs::metadata(&key).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600);
    }
    let again = kbgap(folder.path(), &["feed", "keygen", &key]);
    assert!(
        again.code == 1 && again.stderr.contains("bundle.key"),
        "{}",
        again.stderr
    );
    assert_eq!(std::fs::read_to_string(&key).unwrap(), pem);

    let data = sample_feed();
    let target = folder.path().join("feed.kbgap");
    let target = target.to_str().unwrap();
    let no_key = export(data.path(), target, &file(folder.path(), "x", "no key"));
    assert!(no_key.stderr.contains("keygen"), "{}", no_key.stderr);
    let empty = tempfile::tempdir().unwrap();
    assert_eq!(export(empty.path(), target, &key).code, 1);
    assert!(!Path::new(target).exists());
    let wrong = kbgap(data.path(), &["feed", "import", target, "--trust", "x"]);
    assert_eq!(wrong.code, 2);
}
