//! Names and what they mean beside others.

use super::*;

#[test]
fn each_name_stands_once() {
    let mut names: Vec<&str> = NAMES
        .iter()
        .flat_map(|(_, names)| *names)
        .copied()
        .collect();
    let all = names.len();
    names.sort_unstable();
    names.dedup();
    assert_eq!(names.len(), all);
    assert!(names.iter().all(|name| plain(name) == *name));
}

#[test]
fn each_name_is_documented() {
    let page = include_str!("../../../../../docs/imports.md");
    let documented: Vec<String> = page
        .split(|c: char| !c.is_alphanumeric())
        .map(plain)
        .collect();
    for name in NAMES.iter().flat_map(|(_, names)| *names) {
        assert!(documented.iter().any(|word| word == name), "{name}");
    }
}

#[test]
fn a_version_is_of_what_stands_beside_it() {
    let field = |names: &[&str], name: &str| Mapping::of(names.iter().copied()).field(name);
    for (names, name, meaning) in [
        (
            &["Computer", "Version"][..],
            "Version",
            Some(Field::OsVersion),
        ),
        (
            &["Name", "Version", "Vendor"],
            "Version",
            Some(Field::SoftwareVersion),
        ),
        (
            &["Name", "Version", "Vendor"],
            "Name",
            Some(Field::Software),
        ),
        (
            &["Name", "OperatingSystemVersion"],
            "Name",
            Some(Field::Host),
        ),
        (
            &["Host Name", "Name", "Version"],
            "Name",
            Some(Field::Software),
        ),
        (
            &["DisplayName", "Display Version", "Version"],
            "Version",
            None,
        ),
        (&["Caption", "HotFixID"], "Caption", None),
        (&["Name", "KB"], "name", Some(Field::Host)),
        (&["HotFixID", "Name", "CSName"], "Name", None),
        (&["HotFixID", "Source"], "Source", Some(Field::Host)),
        (&["Name", "Version", "Source"], "Source", None),
        (&["Name", "Vendor", "Caption"], "Caption", None),
        (
            &["Name", "Vendor", "Caption"],
            "Name",
            Some(Field::Software),
        ),
        (
            &["Name", "Version", "Source"],
            "Name",
            Some(Field::Software),
        ),
        (
            &["Node", "Caption", "Version"],
            "Caption",
            Some(Field::Platform),
        ),
    ] {
        assert_eq!(field(names, name), meaning, "{names:?}");
    }
}
