//! The grammar of `$filter`, over HTTP.

use super::fixture::FLEET;

/// The first letters of the machines that pass, from alpha to zeta.
fn passing(filter: &str) -> String {
    let server = FLEET.get();
    let path = format!("/api/machines?$filter={}", filter);
    let answer = server.read(&path);
    assert_eq!(answer.status, 200, "{filter}: {}", answer.body);
    let names = answer.texts("computerDnsName");
    names
        .iter()
        .map(|name| name.to_lowercase().remove(0))
        .collect()
}

#[test]
fn comparisons() {
    for (filter, expected) in [
        ("osBuild eq 18363", "abdz"),
        ("osBuild ne 18363", "ge"),
        ("osBuild gt 18362", "abdz"),
        ("osBuild ge 18362", "abgdz"),
        ("osBuild lt 18362.5", "ge"),
        ("osBuild le 12345", "e"),
        ("18362 eq osBuild", "g"),
        ("osBuild eq '18362'", "g"),
        ("computerDnsName eq 'BETA'", "b"),
        ("computerDnsName lt 'c'", "ab"),
        ("isAadJoined eq true", "a"),
        ("isAadJoined", "a"),
        ("isAadJoined eq null", "bgdez"),
        ("version eq null", "e"),
        ("firstSeen lt 2020-03-01", "z"),
        ("lastSeen lt 2020-02-20T10:30:00.0000000%2B02:00", "z"),
    ] {
        assert_eq!(passing(filter), expected, "{filter}");
    }
}

#[test]
fn connectives_and_parentheses() {
    for (filter, expected) in [
        (
            "osBuild eq 18362 or osBuild eq 18363 and computerDnsName eq 'beta'",
            "bg",
        ),
        (
            "(osBuild eq 18362 or osBuild eq 18363) and computerDnsName eq 'beta'",
            "b",
        ),
        ("not (osBuild eq 18363)", "ge"),
        ("not contains(computerDnsName,'a')", "e"),
        ("not not (osBuild eq 18362)", "g"),
        ("NOT (osBuild EQ 18363) AND osBuild GT 15000", "g"),
        ("((((osBuild eq 18362))))", "g"),
        ("osBuild in (18362, 12345)", "ge"),
        ("computerDnsName in ('BETA','gamma','nobody')", "bg"),
        ("healthStatus in ('inactive')", "z"),
        ("exposureLevel in (null)", "e"),
    ] {
        assert_eq!(passing(filter), expected, "{filter}");
    }
}

#[test]
fn functions_of_texts() {
    for (filter, expected) in [
        ("contains(computerDnsName,'CONTOSO')", "a"),
        ("endswith(computerDnsName,'ta')", "bdz"),
        (
            "startswith(computerDnsName,'b') or endswith(computerDnsName,'lon')",
            "be",
        ),
        ("tolower(computerDnsName) eq 'alpha.contoso.com'", "a"),
        ("contains(tolower(computerDnsName),'alpha')", "a"),
        ("toupper(computerDnsName) eq 'ALPHA.CONTOSO.COM'", "a"),
        ("length(computerDnsName) eq 4", "bz"),
        ("trim(computerDnsName) eq 'beta'", "b"),
        ("contains(rbacGroupName,'-A-')", "ab"),
        ("startswith(computerDnsName,'b') eq true", "b"),
        (
            "startswith(computerDnsName,'b') eq false and osBuild eq 18362",
            "g",
        ),
    ] {
        assert_eq!(passing(filter), expected, "{filter}");
    }
}

#[test]
fn collections() {
    for (filter, expected) in [
        ("machineTags/any(t: t eq 'pilot')", "a"),
        ("machineTags/any(t:startswith(t,'test'))", "a"),
        ("machineTags/any()", "a"),
        ("not machineTags/any()", "bgdez"),
        ("machineTags/all(t: t eq 'pilot')", "bgdez"),
        (
            "machineTags/any(t: t in ('x', 'pilot')) and osBuild eq 18363",
            "a",
        ),
        ("ipAddresses/any(i: i/ipAddress eq '10.166.113.46')", "a"),
        (
            "ipAddresses/any(i: i/macAddress eq '8cec4b897e73' and i/operationalStatus eq 'up')",
            "a",
        ),
        ("ipAddresses/any(a: a/type eq 'Unknown')", "a"),
        ("ipAddresses/any(i: startswith(i/ipAddress,'10.'))", "a"),
    ] {
        assert_eq!(passing(filter), expected, "{filter}");
    }
}

#[test]
fn an_index_and_a_scan_find_the_same() {
    for (indexed, scanned) in [
        (
            "computerDnsName eq 'Beta'",
            "tolower(computerDnsName) eq 'beta'",
        ),
        (
            "id eq '2e5bc9d7e413ddd7902c2932e418702b84d0cc07'",
            "tolower(id) eq '2e5bc9d7e413ddd7902c2932e418702b84d0cc07'",
        ),
        (
            "lastSeen ge 2020-03-24T08:00:00Z",
            "not (lastSeen lt 2020-03-24T08:00:00Z)",
        ),
        (
            "computerDnsName in ('zeta','alpha.contoso.com')",
            "endswith(computerDnsName,'zeta') or endswith(computerDnsName,'.com')",
        ),
    ] {
        assert_eq!(passing(indexed), passing(scanned), "{indexed}");
    }
}
