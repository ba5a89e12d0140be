//! What is asked for less than every record keeps all that passes.

use super::*;

#[test]
fn what_an_index_can_be_asked_for() {
    let values =
        |filter: &str, property: &str| Filter::parse(filter, &MACHINE).unwrap().values_of(property);
    let texts = |v: &[&str]| Some(v.iter().map(|&t| t.to_owned()).collect::<Vec<_>>());
    assert_eq!(values("id eq 'A' and osBuild eq 1", "id"), texts(&["a"]));
    assert_eq!(
        values("id eq 'a' or id in ('b','c')", "id"),
        texts(&["a", "b", "c"])
    );
    assert_eq!(values("'a' eq id", "id"), texts(&["a"]));
    for filter in [
        "id eq 'a' or osBuild eq 1",
        "id ne 'a'",
        "not (id eq 'a')",
        "startswith(id,'a')",
        "tolower(id) eq 'a'",
        "id eq null",
        "osBuild eq 1",
    ] {
        assert_eq!(values(filter, "id"), None, "{filter}");
    }
    let earliest = |filter: &str| {
        Filter::parse(filter, &MACHINE)
            .unwrap()
            .earliest("lastSeen")
            .map(|t| t.to_string())
    };
    assert_eq!(
        earliest("lastSeen gt 2018-08-01Z and lastSeen ge 2019-01-01 and osBuild eq 1").as_deref(),
        Some("2019-01-01T00:00:00Z")
    );
    assert_eq!(
        earliest("lastSeen gt 2018-08-01Z or lastSeen ge 2019-01-01").as_deref(),
        Some("2018-08-01T00:00:00Z")
    );
    assert_eq!(earliest("lastSeen gt 2018-08-01Z or osBuild eq 1"), None);
    assert_eq!(earliest("lastSeen lt 2018-08-01Z"), None);
}

#[test]
fn of_what_is_not_known_anything_may_hold() {
    let may_pass = |filter: &str, known: &[&str]| {
        let filter = Filter::parse(filter, &MACHINE).unwrap();
        filter.may_pass(&Host, known)
    };
    let build = &["osBuild", "@kbgap.first"];
    for filter in [
        "osBuild eq 18363",
        "version eq 'x'",
        "not (version eq 'x')",
        "osBuild eq 18363 and version eq 'x'",
        "osBuild eq 1 or version eq 'x'",
        "not (osBuild eq 1 and version eq 'x')",
        "not (osBuild eq 18363 or version eq 'x')",
        "osBuild eq length(version)",
        "machineTags/any(t: t eq 'x') and osBuild gt 1",
        "ipAddresses/any(i: i/type eq 'x')",
        "@kbgap.first/ipAddress eq '10.0.0.1' and isAadJoined",
        "1 eq 1",
    ] {
        assert!(may_pass(filter, build), "{filter}");
    }
    for filter in [
        "osBuild eq 1",
        "osBuild eq 1 and version eq 'x'",
        "version eq 'x' and (osBuild eq 1 or osBuild in (2, 3))",
        "(osBuild eq 1 and version eq 'x') or osBuild eq 2",
        "not (osBuild gt 1)",
        "not (osBuild ne 1 or @kbgap.first eq null)",
        "@kbgap.first/type ne null and version ne null",
        "startswith(@kbgap.first/ipAddress,'11')",
        "1 eq 2 and version ne null",
    ] {
        assert!(!may_pass(filter, build), "{filter}");
        let filter = Filter::parse(filter, &MACHINE).unwrap();
        assert!(filter.asks_of(build), "it could not be false otherwise");
    }
    for filter in ["version eq 'x'", "not (osBuild eq 1 and version eq 'x')"] {
        let filter = Filter::parse(filter, &MACHINE).unwrap();
        assert!(!filter.asks_of(build));
    }
    // What a variable stands for is known where its collection is.
    let tags = "machineTags/any(t: t eq 'x' and osBuild gt 1)";
    assert!(may_pass(tags, &["machineTags"]));
    assert!(!may_pass(tags, &["machineTags", "osBuild"]));
}

proptest! {
    /// What an index is asked for is never less than what passes.
    #[test]
    fn narrowing_keeps_what_passes(
        first in prop::sample::select(vec!["id eq 'a'", "id in ('b','c')", "osBuild gt 1", "not (id eq 'a')"]),
        second in prop::sample::select(vec!["id eq 'b'", "osBuild eq 2", "id ne 'c'"]),
        both in any::<bool>(),
        id in prop::sample::select(vec!["a", "b", "c", "d"]),
        build in 0_i64..4,
    ) {
        struct Small(&'static str, i64);
        impl Record for Small {
            fn get(&self, property: &'static str) -> Value<'_> {
                match property {
                    "id" => Value::text(self.0),
                    "osBuild" => Value::Int(self.1),
                    _ => Value::Null,
                }
            }
        }
        let text = format!("{first} {} {second}", if both { "and" } else { "or" });
        let filter = Filter::parse(&text, &MACHINE).unwrap();
        if filter.matches(&Small(id, build)) {
            prop_assert!(filter.may_pass(&Small(id, -1), &["id"]), "{}", text);
            prop_assert!(filter.may_pass(&Small("", build), &["osBuild"]), "{}", text);
            prop_assert!(filter.values_of("id").is_none_or(|ids| ids.iter().any(|i| i == id)), "{}", text);
        }
    }
}
