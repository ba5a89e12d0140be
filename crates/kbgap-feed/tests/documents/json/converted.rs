//! A month says the same in both forms.

use std::io::Read as _;

use kbgap_feed::{cvrf, source};
use kbgap_testkit::real_feed;

use super::converter::json_of;
use super::read;

#[test]
fn months_of_the_real_feed_say_the_same_in_both_forms() {
    let Some(paths) = real_feed::paths() else {
        return;
    };
    let mut vulnerabilities = 0;
    // Of all years, and the newest.
    for path in paths.iter().rev().step_by(9) {
        let mut xml = String::new();
        let file = std::fs::File::open(path).unwrap();
        let mut unpacked = zstd::stream::read::Decoder::new(file).unwrap();
        unpacked.read_to_string(&mut xml).unwrap();
        let from_json = read(&json_of(&xml)).unwrap();
        let from_xml = cvrf::read(source::open(path).unwrap()).unwrap();
        vulnerabilities += from_xml.vulnerabilities.len();
        assert!(from_json == from_xml, "{}", path.display());
    }
    assert!(vulnerabilities > 2_000, "{vulnerabilities}");
}
