mod narrowing;

use proptest::prelude::*;

use super::*;
use crate::Value;
use crate::edm::{EdmType, EnumType, NAMESPACE, Property};

static RISK: EnumType = EnumType {
    name: "RiskScore",
    members: &["None", "Informational", "Low", "Medium", "High"],
};
static ADDRESS: StructuredType = StructuredType {
    name: "MachineIpAddress",
    namespace: NAMESPACE,
    is_entity: false,
    base: None,
    properties: &[
        Property::nullable("ipAddress", EdmType::String),
        Property::nullable("type", EdmType::String),
    ],
    navigation: &[],
    annotations: &[],
};
static MACHINE: StructuredType = StructuredType {
    name: "Machine",
    namespace: NAMESPACE,
    is_entity: true,
    base: None,
    properties: &[
        Property::new("id", EdmType::String).folded(),
        Property::nullable("computerDnsName", EdmType::String).folded(),
        Property::nullable("version", EdmType::String),
        Property::nullable("lastSeen", EdmType::DateTimeOffset),
        Property::nullable("osBuild", EdmType::Int64),
        Property::new("score", EdmType::Double),
        Property::nullable("riskScore", EdmType::Enum(&RISK)),
        Property::nullable("aadDeviceId", EdmType::Guid),
        Property::nullable("isAadJoined", EdmType::Boolean),
        Property::nullable("machineTags", EdmType::Collection(&EdmType::String)),
        Property::nullable(
            "ipAddresses",
            EdmType::Collection(&EdmType::Complex(&ADDRESS)),
        ),
        Property::nullable("vmMetadata", EdmType::Complex(&ADDRESS)),
    ],
    navigation: &[],
    annotations: &[
        Property::nullable("@kbgap.first", EdmType::Complex(&ADDRESS)),
        Property::nullable("@kbgap.none", EdmType::Complex(&ADDRESS)),
    ],
};

/// A machine named `MyMachine1.contoso.com`, with no risk score and nothing known of its join.
struct Host;

impl Record for Host {
    fn get(&self, property: &'static str) -> Value<'_> {
        match property {
            "id" => Value::text("1e5bc9d7e413ddd7902c2932e418702b84d0cc07"),
            "computerDnsName" => Value::text("MyMachine1.contoso.com"),
            "version" => Value::text("1909 O'Neil"),
            "lastSeen" => Value::or_null(Time::parse("2019-11-22T12:00:00.5Z")),
            "osBuild" => Value::Int(18_363),
            "score" => Value::Double(7.5),
            "aadDeviceId" => Value::text("80fe8ff8-2624-418e-9591-41f0491218f9"),
            "machineTags" => Value::texts(["pilot", "Berlin"]),
            "ipAddresses" => Value::List(vec![
                Value::Object(vec![
                    ("ipAddress", Value::text("10.0.0.1")),
                    ("type", Value::Null),
                ]),
                Value::Object(vec![
                    ("ipAddress", Value::text("fe80::1")),
                    ("type", Value::text("Ethernet")),
                ]),
            ]),
            "@kbgap.first" => Value::Object(vec![("ipAddress", Value::text("10.0.0.1"))]),
            _ => Value::Null,
        }
    }
}

fn passes(filter: &str) -> bool {
    Filter::parse(filter, &MACHINE)
        .unwrap_or_else(|e| panic!("{filter}: {e}"))
        .matches(&Host)
}

fn mistake(filter: &str) -> String {
    Filter::parse(filter, &MACHINE)
        .map(|_| panic!("{filter} was read"))
        .unwrap_err()
        .message
}

fn check_mistake(filter: &str, column: usize, named: &str) {
    let message = mistake(filter);
    assert!(
        message.contains(&format!("column {column}:")) && message.contains(named),
        "{filter}: {message}"
    );
}

#[test]
fn every_comparison() {
    for filter in [
        "osBuild eq 18363",
        "osBuild ne 1",
        "osBuild gt 18362",
        "osBuild ge 18363",
        "osBuild lt 18363.5",
        "osBuild le 18363",
        "18363 eq osBuild",
        "score eq 7.5",
        "score gt 7",
        "osBuild eq '18363'",
        "version eq '1909 O''Neil'",
        "lastSeen ge 2019-11-22T00:00:00Z",
        "lastSeen gt 2018-08-01Z",
        "lastSeen gt '2018-08-01'",
        "lastSeen eq 2019-11-22T12:00:00.5000000Z",
        "lastSeen lt 2019-11-22T13:00:00.0000000+00:30",
        "computerDnsName gt version",
        "aadDeviceId eq 80fe8ff8-2624-418e-9591-41f0491218f9",
        "aadDeviceId eq '80FE8FF8-2624-418E-9591-41F0491218F9'",
    ] {
        assert!(passes(filter), "{filter}");
    }
    for filter in [
        "osBuild eq 18364",
        "version eq '1909 o''neil'",
        "lastSeen gt 2020-01-01",
        "osBuild lt 18363",
    ] {
        assert!(!passes(filter), "{filter}");
    }
}

#[test]
fn names_and_identifiers_are_compared_in_any_case() {
    for filter in [
        "ComputerDnsName EQ 'MYMACHINE1.contoso.com'",
        "COMPUTERDNSNAME eq 'mymachine1.CONTOSO.com'",
        "id eq '1E5BC9D7E413DDD7902C2932E418702B84D0CC07'",
        "startswith(computerDnsName,'mymachine')",
        "StartsWith(computerDnsName, 'MyMachine')",
        "endswith(computerDnsName,'.CONTOSO.COM')",
        "contains(tolower(computerDnsName),'machine1')",
        "tolower(version) eq '1909 o''neil'",
        "toupper(version) eq '1909 O''NEIL'",
        "length(version) eq 11",
        "trim(' x ') eq 'x'",
        "computerDnsName in ('other', 'mymachine1.contoso.com')",
    ] {
        assert!(passes(filter), "{filter}");
    }
    assert!(!passes(
        "tolower(computerDnsName) eq 'MYMACHINE1.CONTOSO.COM'"
    ));
}

#[test]
fn or_is_looser_than_and_and_not_is_tightest() {
    for filter in [
        "osBuild eq 18363 or osBuild eq 1 and osBuild eq 2",
        "not (osBuild eq 1) and osBuild gt 1",
        "not osBuild eq 1",
        "not not (osBuild eq 18363)",
        "not contains(version,'x') and (osBuild eq 1 or osBuild eq 18363)",
        "(((osBuild eq 18363)))",
    ] {
        assert!(passes(filter), "{filter}");
    }
    assert!(!passes(
        "(osBuild eq 18363 or osBuild eq 1) and osBuild eq 2"
    ));
}

#[test]
fn null_equals_null_alone() {
    for filter in [
        "riskScore eq null",
        "riskScore ne 'High'",
        "isAadJoined ne true",
        "computerDnsName ne null",
        "not (vmMetadata/ipAddress gt 'a')",
        "riskScore in (null, 'High')",
    ] {
        assert!(passes(filter), "{filter}");
    }
    for filter in [
        "riskScore eq 'High'",
        "riskScore ne null",
        "isAadJoined",
        // Unknown, and so is its opposite.
        "not isAadJoined",
        "not contains(vmMetadata/ipAddress,'a')",
        "vmMetadata/ipAddress le 'zzz'",
    ] {
        assert!(!passes(filter), "{filter}");
    }
}

#[test]
fn tests_may_be_compared_with_true_and_false() {
    for filter in [
        "startswith(version,'1909') eq true",
        "contains(version,'x') eq false",
        "contains(version,'x') ne true and machineTags/any(t: t eq 'pilot') eq true",
        "not (startswith(version,'1909') ne true)",
    ] {
        assert!(passes(filter), "{filter}");
    }
    for (filter, named) in [
        ("contains(version,'x') gt true", "eq or ne"),
        ("contains(version,'x') eq 1", "true or false"),
    ] {
        let message = mistake(filter);
        assert!(message.contains(named), "{filter}: {message}");
    }
}

#[test]
fn case_is_dropped_on_both_sides_where_one_does_not_care_for_it() {
    for filter in [
        "machineTags/any(t: startswith(computerDnsName, 'mymachine') and t eq 'pilot')",
        "computerDnsName eq toupper('mymachine1.contoso.com')",
        "contains(computerDnsName, toupper('contoso'))",
        "startswith(toupper(computerDnsName), computerDnsName)",
    ] {
        assert!(passes(filter), "{filter}");
    }
}

#[test]
fn members_of_enumerations() {
    assert!(!passes("riskScore eq 'high'"));
    assert!(!passes(
        "riskScore eq microsoft.windowsDefenderATP.api.RiskScore'High'"
    ));
    let message = mistake("riskScore eq 'Extreme'");
    assert!(
        message.contains("column 14") && message.contains("None, Informational, Low"),
        "{message}"
    );
}

#[test]
fn collections() {
    for filter in [
        "machineTags/any(t: t eq 'pilot')",
        "machineTags/any(t:startswith(t,'Ber'))",
        "machineTags/any()",
        "machineTags/all(tag: length(tag) gt 4)",
        "not machineTags/any(t: t eq 'none')",
        "ipAddresses/any(i: i/ipAddress eq '10.0.0.1' and i/type eq null)",
        "ipAddresses/any(i: i/type eq 'Ethernet') and osBuild eq 18363",
        "ipAddresses/any(i: machineTags/any(t: t eq 'pilot') and i/ipAddress ne computerDnsName)",
    ] {
        assert!(passes(filter), "{filter}");
    }
    assert!(!passes("machineTags/all(t: t eq 'pilot')"));
}

#[test]
fn annotations_are_named_like_properties() {
    for filter in [
        "@kbgap.first/ipAddress eq '10.0.0.1'",
        "'10.0.0.1' eq @KBGAP.FIRST/IPADDRESS",
        "startswith(@kbgap.first/ipAddress,'10.') and osBuild eq 18363",
        "@kbgap.first ne null and @kbgap.none eq null",
        "@kbgap.first/type eq null and @kbgap.none/type eq null",
        "@kbgap.none/ipAddress in (null, 'x')",
        "machineTags/any(t: t eq 'pilot' and @kbgap.first/ipAddress ne t)",
    ] {
        assert!(passes(filter), "{filter}");
    }
    for filter in [
        "@kbgap.first eq null",
        "@kbgap.none ne null",
        "@kbgap.none/ipAddress lt 'z'",
        "@kbgap.none/ipAddress gt ''",
        "not contains(@kbgap.none/ipAddress,'x')",
    ] {
        assert!(!passes(filter), "{filter}");
    }
    for (filter, column, named) in [
        (
            "id eq 'x' or @kbgap.foo eq 1",
            14,
            "no annotation '@kbgap.foo' here; known are @kbgap.first, @kbgap.none",
        ),
        (
            "@kbgap.first/x eq 1",
            14,
            "'x' is no property of MachineIpAddress; known are ipAddress, type",
        ),
        ("@kbgap.first/ eq 1", 15, "known are ipAddress, type"),
        ("@kbgap.first eq 'x'", 17, "MachineIpAddress and Edm.String"),
        (
            "@kbgap.first/ipAddress eq 5",
            27,
            "Edm.String and Edm.Int64",
        ),
        ("@kbgap.first", 13, "a comparison"),
        ("kbgap.first ne null", 1, "no property 'kbgap.first'"),
        (
            "ipAddresses/any(i: i/@kbgap.first ne null)",
            22,
            "is no property of",
        ),
    ] {
        check_mistake(filter, column, named);
    }
    let long = mistake(&format!("@{} eq 1", "x".repeat(8_000)));
    assert!(long.contains("known are @kbgap.first"), "{long}");
}

#[test]
fn mistakes_are_named_with_their_column() {
    for (filter, column, named) in [
        ("", 1, "the end"),
        ("osBuild", 8, "a comparison"),
        ("osBuild eq", 11, "the end"),
        ("osBuild == 1", 9, "'='"),
        ("osBuild eq 1 osBuild eq 2", 14, "'and', 'or' or the end"),
        ("osBuilt eq 1", 1, "no property 'osBuilt'"),
        ("osBuild eq 'x'", 12, "Edm.Int64 and Edm.String"),
        ("id eq 5", 7, "Edm.String and Edm.Int64"),
        ("lastSeen gt 'soon'", 13, "Edm.DateTimeOffset"),
        ("lastSeen gt 2019-99-99", 13, "no number, date"),
        ("version eq 'x", 12, "closing quote"),
        ("(osBuild eq 1", 14, "')'"),
        ("osBuild eq 1)", 13, "')'"),
        ("indexof(version,'x') eq 1", 1, "'indexof' is not supported"),
        ("contains(osBuild,'1')", 10, "expected text"),
        ("machineTags eq 'x'", 1, "is a collection"),
        ("version/any(x: x eq 'y')", 1, "need a collection"),
        (
            "ipAddresses/any(i: i/mac eq 'x')",
            22,
            "no property of MachineIpAddress",
        ),
        ("osBuild in (1, osBuild)", 16, "values only"),
        ("osBuild in ()", 13, "found ')'"),
        ("osBuild eq riskScore", 12, "cannot be compared"),
        ("ü eq 1", 1, "unexpected"),
    ] {
        check_mistake(filter, column, named);
    }
}

#[test]
fn members_are_ordered_by_their_numbers() {
    struct Risky;
    impl Record for Risky {
        fn get(&self, _: &'static str) -> Value<'_> {
            Value::text("High")
        }
    }
    let holds = |filter: &str| Filter::parse(filter, &MACHINE).unwrap().matches(&Risky);
    for filter in [
        "riskScore gt 'Medium'",
        "riskScore ge 'high'",
        "'Informational' lt riskScore",
        "riskScore le riskScore",
    ] {
        assert!(holds(filter), "{filter}");
        assert!(!passes(filter), "null is neither above nor below: {filter}");
    }
    assert!(!holds("riskScore lt 'Low'"));
}

#[test]
fn lambdas_do_not_nest_without_end() {
    let filter = "machineTags/any(a: machineTags/any(b: machineTags/any(c: c eq a)))";
    assert!(mistake(filter).contains("deeper than 2"));
}

#[test]
fn what_is_too_long_or_too_deep_is_refused() {
    let deep = format!("{}osBuild eq 1{}", "(".repeat(5_00), ")".repeat(500));
    assert!(mistake(&deep).contains("deeper"));
    assert!(mistake(&"not ".repeat(500)).contains("deeper"));
    assert!(mistake(&format!("osBuild in (1{})", ",1".repeat(3_000))).contains("more than"));
    assert!(mistake(&format!("version eq '{}'", "x".repeat(9_000))).contains("longer"));
}

proptest! {
    #[test]
    fn no_text_panics(text in "\\PC{0,80}") {
        let _ = Filter::parse(&text, &MACHINE);
    }

    #[test]
    fn no_words_panic(words in prop::collection::vec(
        prop::sample::select(vec![
            "osBuild", "id", "machineTags", "ipAddresses", "isAadJoined", "eq", "in", "and", "or",
            "not", "(", ")", "/", "any", "all", "t", ":", ",", "'x'", "1", "null", "true",
            "contains", "tolower", "2019-01-01", "lastSeen", "riskScore", "@kbgap.first", "type",
        ]),
        0..14,
    )) {
        if let Ok(filter) = Filter::parse(&words.join(" "), &MACHINE) {
            let _ = filter.matches(&Host);
            let _ = (filter.values_of("id"), filter.earliest("lastSeen"));
            // All is known, so that only what passes may.
            let known: Vec<&str> = MACHINE.all_properties().chain(MACHINE.annotations)
                .map(|property| property.name).collect();
            prop_assert_eq!(filter.may_pass(&Host, &known), filter.matches(&Host));
        }
    }
}
