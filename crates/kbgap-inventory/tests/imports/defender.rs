//! Exports of Microsoft Defender.

use kbgap_inventory::merge;

use crate::{error, line, merged, reports};

const A: &str = "1e5bc9d7e413ddd7902c2932e418702b84d0cc07";
const B: &str = "2e5bc9d7e413ddd7902c2932e418702b84d0cc07";

fn inventory(id: &str, name: &str, vendor: &str, software: &str, version: &str) -> String {
    format!(
        r#"{{"deviceId":"{id}","rbacGroupName":"Finance","deviceName":"{name}","osPlatform":"Windows10","softwareVendor":"{vendor}","softwareName":"{software}","softwareVersion":"{version}","numberOfWeaknesses":3,"diskPaths":[],"registryPaths":["HKEY_LOCAL_MACHINE\\SOFTWARE"],"softwareFirstSeenTimestamp":"2020-12-30 11:07:15","endOfSupportStatus":null}}"#
    )
}

fn rows() -> [String; 4] {
    [
        inventory(
            A,
            "a.contoso.com",
            "microsoft",
            "windows_10",
            "10.0.19045.3448",
        ),
        inventory(B, "b.contoso.com", "mozilla", "firefox", "83.0.0.0"),
        inventory(
            A,
            "a.contoso.com",
            "microsoft",
            "edge_chromium-based",
            "115.0.1901.183",
        ),
        inventory(
            B,
            "b.contoso.com",
            "microsoft",
            "windows_10",
            "10.0.17763.1637",
        ),
    ]
}

const READ: [&str; 2] = [
    "a.contoso.com 10.0.19045.3448 ? Client [] [microsoft|edge_chromium-based|115.0.1901.183]",
    "b.contoso.com 10.0.17763.1637 ? Client [] [mozilla|firefox|83.0.0.0]",
];

#[test]
fn software_rows_are_grouped_by_device_in_each_envelope() {
    let rows = rows();
    for text in [
        format!("[{}]", rows.join(",")),
        format!(
            "{{\"@odata.context\":\"https://api/$metadata#Collection(x)\",\"value\":[{}],\"@odata.nextLink\":\"y\"}}",
            rows.join(",")
        ),
        rows.join("\n"),
        format!(
            "{{\"value\":[{},{}]}}\n{{\"value\":[{},{}]}}",
            rows[0], rows[1], rows[2], rows[3]
        ),
    ] {
        let merged = merged(&[&text]);
        let read: Vec<String> = merged.machines.iter().map(|(m, _)| line(m)).collect();
        assert_eq!(read, READ, "{text}");
        let machine = &merged.machines[0].0;
        assert_eq!(machine.id.as_str(), A);
        assert_eq!(machine.group.as_deref(), Some("Finance"));
        // No updates are told, but the revision is.
        assert_eq!(merged.machines[0].1, Vec::<String>::new());
    }
}

#[test]
fn vulnerability_rows_tell_the_version_of_windows() {
    let row = |cve: &str| {
        format!(
            r#"{{"id":"x","deviceId":"{A}","rbacGroupName":"Unassigned","deviceName":"a.contoso.com","osPlatform":"Windows10","osVersion":"10.0.17763.1637","osArchitecture":"x64","softwareVendor":"microsoft","softwareName":"edge","softwareVersion":"10.0.17763.1637","cveId":{cve},"recommendedSecurityUpdateId":"4550961","lastSeenTimestamp":"2020-12-30 14:17:26"}}"#
        )
    };
    let merged = merged(&[&format!("[{},{}]", row("\"CVE-2020-15992\""), row("null"))]);
    let machine = &merged.machines[0].0;
    assert_eq!(
        line(machine),
        "a.contoso.com 10.0.17763.1637 x64 Client [] [microsoft|edge|10.0.17763.1637]"
    );
    assert_eq!(machine.group, None);
    assert_eq!(machine.seen_at.unwrap().to_string(), "2020-12-30T14:17:26Z");
}

fn listed(id: &str, name: &str, platform: &str) -> String {
    format!(
        r#"{{"id":"{id}","computerDnsName":"{name}","firstSeen":"2018-08-02T14:55:03Z","lastSeen":"2021-01-25T07:27:36.052313Z","osPlatform":"{platform}","osVersion":null,"osProcessor":"x64","version":"1709","lastIpAddress":"172.17.230.209","lastExternalIpAddress":"167.220.196.71","osBuild":19045,"healthStatus":"Active","rbacGroupId":140,"rbacGroupName":"The-A-Team","aadDeviceId":"80FE8FF8-2624-418e-9591-41f0491218f9","machineTags":["test tag 1"],"ipAddresses":[{{"ipAddress":"172.17.230.209","macAddress":"8C-EC-4B-89-7E-73","type":"Ethernet","operationalStatus":"Up"}}]}}"#
    )
}

#[test]
fn machines_and_their_software_go_together_by_id() {
    let machines = format!(
        "{{\"@odata.context\":\"https://api/$metadata#Machines\",\"value\":[{},{},{}]}}",
        listed(A, "a.contoso.com", "Windows10"),
        listed("3e5bc9d7e413ddd7902c2932e418702b84d0cc07", "mac", "macOS"),
        listed(
            "4e5bc9d7e413ddd7902c2932e418702b84d0cc07",
            "a.contoso.com",
            "Windows10"
        ),
    );
    let merged = merged(&[&machines, &rows()[0], &rows()[2]]);
    assert_eq!(merged.errors, Vec::<String>::new());
    let read: Vec<String> = merged.machines.iter().map(|(m, _)| line(m)).collect();
    assert_eq!(
        read,
        [
            "a.contoso.com 10.0.19045.3448 x64 Client [] [microsoft|edge_chromium-based|115.0.1901.183]",
            "a.contoso.com 10.0.19045 x64 Client [] []"
        ]
    );
    assert!(merged.machines[1].1[0].contains("neither the revision"));
    assert_eq!(
        merged.notes,
        ["file1: 1 of its devices do not run Windows and are left out"]
    );
    let machine = &merged.machines[0].0;
    assert_eq!(machine.tags, ["test tag 1"]);
    assert_eq!(
        machine.aad_device_id.as_deref(),
        Some("80fe8ff8-2624-418e-9591-41f0491218f9")
    );
    assert_eq!(
        machine.ip_addresses[0].mac_address.as_deref(),
        Some("8CEC4B897E73")
    );
}

#[test]
fn an_export_without_windows_in_it_needs_the_machines() {
    let rows: Vec<String> = (0..100)
        .map(|i| {
            inventory(
                &format!("{i:040x}"),
                &format!("pc{i}"),
                "mozilla",
                "firefox",
                "83.0",
            )
        })
        .collect();
    let merged = merge(reports(&[rows.join("\n").as_bytes()]));
    assert_eq!((merged.machines.len(), merged.errors.len()), (0, 1));
    assert!(
        merged.errors[0].contains("`pc0` and 99 other hosts"),
        "{:?}",
        merged.errors
    );
    assert!(merged.errors[0].contains("machines of Defender"));
}

#[test]
fn what_is_wrong_has_its_place() {
    let rows = rows();
    let other = rows[2]
        .replace("edge_chromium-based", "windows_10")
        .replace("115.0.1901.183", "10.0.22631.1");
    for (text, told) in [
        (format!("[{},\n{}]", rows[0], other), "line 2"),
        (format!("[{},\n{}", rows[0], &rows[1][..100]), "cut off"),
        (
            format!(
                "[{},\n{}]",
                rows[0],
                rows[1]
                    .replace("\"deviceId\"", "\"x\"")
                    .replace("\"deviceName\"", "\"y\"")
            ),
            "`deviceId` is missing",
        ),
        (format!("{}\n[1]", rows[0]), "row 2"),
    ] {
        let error = error(&text);
        assert!(
            error.contains(told) && error.contains("Defender"),
            "{error}"
        );
    }
}

#[test]
fn pages_may_stand_in_one_list() {
    let row = |name: &str, version: &str| {
        format!(
            r#"{{"deviceId":"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa","deviceName":"pc-1","osPlatform":"Windows10","softwareVendor":"microsoft","softwareName":"{name}","softwareVersion":"{version}"}}"#
        )
    };
    let (windows, edge) = (row("windows_10", "10.0.19045.3448"), row("edge", "120.0.1"));
    let pages = format!(r#"[{{"@odata.context":"c","value":[{windows}]}},{{"value":[{edge}]}}]"#);
    let machine = crate::machine(&pages);
    assert_eq!(machine.os.revision, Some(3448));
    assert_eq!(machine.software.len(), 1);
}

#[test]
fn an_answer_without_rows_is_empty() {
    for text in [
        r#"{"@odata.context":"c","value":[]}"#,
        "{\"value\": [ ], \"@odata.count\": 0}",
    ] {
        assert_eq!(error(text), "is empty", "{text}");
    }
}
