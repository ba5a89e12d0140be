//! Rows of osquery's tables make machines.

use std::collections::BTreeMap;

use kbgap_catalog::{Architecture, InstallationType, KbId};
use kbgap_inventory::osquery::{Host, Query, Table, machine, read_log};
use kbgap_inventory::{Machine, MachineId};
use serde_json::{Value, json};

const NOW: i64 = 1_585_137_600;
const WINDOWS: &str = r"HKEY_LOCAL_MACHINE\SOFTWARE\Microsoft\Windows NT\CurrentVersion";
const SYSTEM: &str = r"HKEY_LOCAL_MACHINE\SYSTEM\CurrentControlSet";

/// Tables by the snapshots of a log.
fn tables(snapshots: &[(Query, i64, Value)]) -> BTreeMap<Query, Table> {
    let lines: Vec<Value> = snapshots
        .iter()
        .map(|(query, at, rows)| {
            json!({"name": format!("pack_kbgap_{}", query.name()), "action": "snapshot",
                "snapshot": rows, "unixTime": at, "epoch": 0, "counter": 0, "numerics": false})
        })
        .collect();
    let body = json!({"node_key": "k", "log_type": "result", "data": lines}).to_string();
    let log = read_log(&body, NOW).unwrap();
    assert_eq!(log.refused, (0, None));
    let mut tables: BTreeMap<Query, Table> = BTreeMap::new();
    for entry in log.entries {
        let table = tables.entry(entry.query).or_default();
        table.apply([(entry.run, entry.change)], NOW);
    }
    tables
}

fn of(snapshots: &[(Query, i64, Value)]) -> Machine {
    machine(&Host::default(), &tables(snapshots)).unwrap().0
}

fn value(key: &str, name: &str, kind: &str, data: &str) -> Value {
    json!({"key": key, "name": name, "type": kind, "data": data})
}

fn subkey(key: &str, name: &str) -> Value {
    json!({"key": key, "name": name, "type": "subkey", "data": "", "path": format!("{key}\\{name}")})
}

fn windows() -> Vec<Value> {
    vec![
        value(
            &format!(r"{SYSTEM}\Control\SecureBoot\State"),
            "UEFISecureBootEnabled",
            "REG_DWORD",
            "1",
        ),
        value(WINDOWS, "UBR", "REG_DWORD", "592"),
        value(
            &format!(r"{SYSTEM}\Services\Tcpip\Parameters"),
            "NV Hostname",
            "REG_SZ",
            "PC-017",
        ),
        value(
            &format!(r"{SYSTEM}\Services\Tcpip\Parameters"),
            "Domain",
            "REG_SZ",
            "contoso.com",
        ),
        value(WINDOWS, "CurrentBuild", "REG_SZ", "18363"),
        value(WINDOWS, "InstallationType", "REG_SZ", "Client"),
        value(WINDOWS, "EditionID", "REG_SZ", "Enterprise"),
        value(WINDOWS, "ProductName", "REG_SZ", "Windows 10 Enterprise"),
        value(WINDOWS, "CurrentMajorVersionNumber", "REG_DWORD", "10"),
        value(WINDOWS, "CurrentMinorVersionNumber", "REG_DWORD", "0"),
        value(
            WINDOWS,
            "BuildLabEx",
            "REG_SZ",
            "18362.1.amd64fre.19h1_release.190318-1202",
        ),
    ]
}

fn os_version(version: &str, extra: &Value) -> Value {
    let mut row = json!({"name": "Microsoft Windows 10 Enterprise", "version": version, "major": "10",
        "minor": "0", "patch": "", "build": version.rsplit('.').next(), "platform": "windows",
        "platform_like": "windows", "codename": "Microsoft Windows 10 Enterprise",
        "arch": "64-bit", "install_date": "1570000000"});
    for (name, value) in extra.as_object().unwrap() {
        row[name] = value.clone();
    }
    json!([row])
}

#[test]
fn the_registry_tells_windows() {
    let machine = of(&[(Query::Registry, 10, json!(windows()))]);
    assert_eq!(machine.computer_dns_name, "PC-017.contoso.com");
    assert_eq!(machine.id, MachineId::from_name("pc-017.contoso.com"));
    let os = &machine.os;
    assert_eq!(
        (os.version, os.build, os.revision),
        ((10, 0), 18_363, Some(592))
    );
    assert_eq!(os.architecture, Some(Architecture::X64));
    assert_eq!(os.installation_type, Some(InstallationType::Client));
    assert_eq!(os.edition.as_deref(), Some("Enterprise"));
    assert_eq!(machine.secure_boot, Some(true));
    assert_eq!(machine.seen_at.unwrap().as_second(), 10);
    // What was not told is not known.
    assert_eq!(machine.pending_reboot, None);
    assert!(!machine.software_reported && machine.installed_kbs.is_empty());
}

#[test]
fn restarts_are_told_by_keys_that_are_there_or_not() {
    let servicing =
        r"HKEY_LOCAL_MACHINE\SOFTWARE\Microsoft\Windows\CurrentVersion\Component Based Servicing";
    let update =
        r"HKEY_LOCAL_MACHINE\SOFTWARE\Microsoft\Windows\CurrentVersion\WindowsUpdate\Auto Update";
    for (rows, expected) in [
        (vec![subkey(servicing, "Packages")], Some(false)),
        (vec![subkey(update, "Power")], Some(false)),
        (
            vec![
                subkey(servicing, "Packages"),
                subkey(servicing, "RebootPending"),
            ],
            Some(true),
        ),
        (
            vec![
                subkey(update, "RebootRequired"),
                subkey(servicing, "Packages"),
            ],
            Some(true),
        ),
        (vec![], None),
    ] {
        let shown = format!("{rows:?}");
        let rows = json!([windows(), rows].concat());
        assert_eq!(
            of(&[(Query::Registry, 10, rows)]).pending_reboot,
            expected,
            "{shown}"
        );
    }
}

#[test]
fn without_the_registry_other_tables_tell_windows() {
    let system = json!([{"hostname": "pc-1", "computer_name": "PC-1", "uuid": "4C4C4544"}]);
    let kernel =
        |version: &str| json!([{"version": version, "arguments": "", "path": "", "device": ""}]);
    for (version, extra, kernel_version, expected) in [
        ("10.0.19045", json!({}), "10.0.19041.3448", Some(3_448)),
        ("10.0.22631", json!({}), "10.0.22621.2428", Some(2_428)),
        (
            "10.0.19045",
            json!({"revision": 3_570}),
            "10.0.19041.3448",
            Some(3_570),
        ),
        ("10.0.19045.3570", json!({}), "10.0.19041.3448", Some(3_570)),
        // The kernel of another Windows tells nothing of this one.
        ("10.0.19045", json!({}), "10.0.18362.592", None),
        ("10.0.18363", json!({}), "10.0.19041.3448", None),
        ("10.0.19045", json!({}), "unknown", None),
    ] {
        let machine = of(&[
            (Query::OsVersion, 10, os_version(version, &extra)),
            (Query::Kernel, 11, kernel(kernel_version)),
            (Query::System, 12, system.clone()),
        ]);
        assert_eq!(machine.os.revision, expected, "{version} {kernel_version}");
        assert_eq!(machine.computer_dns_name, "pc-1");
        assert_eq!(machine.os.architecture, Some(Architecture::X64));
        assert_eq!(machine.os.installation_type, Some(InstallationType::Client));
    }
}

#[test]
fn an_update_between_two_queries_contradicts_nothing() {
    for (at, version, expected) in [
        // Older than the registry: the registry counts.
        (5, "10.0.18363.500", (18_363, Some(592))),
        (5, "10.0.17763.500", (18_363, Some(592))),
        // Newer: the new revision counts, and what a feature update leaves open is open.
        (15, "10.0.18363.719", (18_363, Some(719))),
        (15, "10.0.18363", (18_363, Some(592))),
        (15, "10.0.19045", (19_045, None)),
    ] {
        let machine = of(&[
            (Query::Registry, 10, json!(windows())),
            (Query::OsVersion, at, os_version(version, &json!({}))),
        ]);
        assert_eq!(
            (machine.os.build, machine.os.revision),
            expected,
            "{at} {version}"
        );
        assert_eq!(machine.computer_dns_name, "PC-017.contoso.com");
    }
}

#[test]
fn updates_and_programs() {
    let patches = json!([
        {"csname": "PC-017", "hotfix_id": "KB4528760", "installed_on": "1/15/2020"},
        {"csname": "PC-017", "hotfix_id": "File 1"},
    ]);
    let programs = json!([
        {"name": "Microsoft Edge", "version": "80.0.361.66", "publisher": "Microsoft Corporation"},
        {"name": "7-Zip 19.00 (x64)", "version": 19.00, "publisher": ""},
        {"name": "", "version": "1", "publisher": "nobody"},
    ]);
    let browsers = json!([
        {"path": r"C:\Program Files (x86)\Microsoft\Edge\Application\msedge.exe", "product_version": "81.0.1.1"},
        {"path": r"C:\Program Files\Google\Chrome\Application\chrome.exe", "product_version": "", "file_version": "80.0.3987.149"},
    ]);
    let dot_net = r"HKEY_LOCAL_MACHINE\SOFTWARE\Microsoft\NET Framework Setup\NDP\v4\Full";
    let sql =
        r"HKEY_LOCAL_MACHINE\SOFTWARE\Microsoft\Microsoft SQL Server\MSSQL15.MSSQLSERVER\Setup";
    let exchange = r"HKEY_LOCAL_MACHINE\SOFTWARE\Microsoft\ExchangeServer\v15\Setup";
    let servers = vec![
        value(dot_net, "Release", "REG_DWORD", "528049"),
        value(dot_net, "Version", "REG_SZ", "4.8.04084"),
        value(sql, "Version", "REG_SZ", "15.0.2000.5"),
        value(sql, "PatchLevel", "REG_SZ", "15.0.4430.1"),
        value(exchange, "MsiProductMajor", "REG_DWORD", "15"),
        value(exchange, "MsiProductMinor", "REG_DWORD", "2"),
        value(exchange, "MsiBuildMajor", "REG_DWORD", "1544"),
        value(exchange, "MsiBuildMinor", "REG_DWORD", "4"),
    ];
    let registry = json!([windows(), servers].concat());
    let machine = of(&[
        (Query::Registry, 10, registry.clone()),
        (Query::Patches, 11, patches),
        (Query::Programs, 12, programs),
        (Query::Browsers, 13, browsers.clone()),
    ]);
    let kbs: Vec<KbId> = machine.installed_kbs.iter().map(|kb| kb.id).collect();
    assert_eq!(kbs, ["4528760".parse().unwrap()]);
    let software: Vec<(&str, &str)> = machine
        .software
        .iter()
        .map(|s| (s.name, s.version))
        .collect();
    assert_eq!(
        software,
        [
            ("7-Zip 19.00 (x64)", "19"),
            ("Google Chrome", "80.0.3987.149"),
            ("Microsoft .NET Framework 4.8", "4.8.04084"),
            // As the list has it: a new file may wait for a restart.
            ("Microsoft Edge", "80.0.361.66"),
            ("Microsoft Exchange Server", "15.2.1544.4"),
            ("Microsoft SQL Server 2019", "15.0.4430.1"),
        ]
    );
    assert!(machine.software_reported);
    // Without the list of programs none of it is a list.
    let machine = of(&[
        (Query::Registry, 10, registry),
        (Query::Browsers, 13, browsers),
    ]);
    assert!(!machine.software_reported && machine.software.is_empty());
}

#[test]
fn an_empty_list_is_none_that_is_missing() {
    let machine = of(&[
        (Query::Registry, 10, json!(windows())),
        (Query::Programs, 12, json!([])),
    ]);
    assert!(machine.software_reported && machine.software.is_empty());
}

#[test]
fn addresses_of_interfaces() {
    let addresses = json!([
        {"interface": "7", "address": "10.1.2.3"}, {"interface": "7", "address": "fe80::1%7"},
        {"interface": "1", "address": "127.0.0.1"}, {"interface": "1", "address": "nonsense"},
    ]);
    let machine = of(&[
        (Query::Registry, 10, json!(windows())),
        (Query::Addresses, 11, addresses),
    ]);
    let addresses: Vec<String> = machine
        .ip_addresses
        .iter()
        .map(|a| a.ip_address.to_string())
        .collect();
    assert_eq!(addresses, ["10.1.2.3", "fe80::1"]);
}

#[test]
fn a_host_without_windows_or_name_is_no_machine_yet() {
    let host = Host::default();
    assert_eq!(machine(&host, &BTreeMap::new()), None);
    let version = tables(&[(Query::OsVersion, 10, os_version("10.0.19045", &json!({})))]);
    assert_eq!(machine(&host, &version), None);
    let named = Host {
        name: Some("pc-9".to_owned()),
        id: Some(MachineId::from_name("pc-9 as it was called")),
        agent_version: Some("5.12.1".to_owned()),
    };
    let (found, _) = machine(&named, &version).unwrap();
    assert_eq!(
        (found.computer_dns_name.as_str(), Some(found.id)),
        ("pc-9", named.id)
    );
    assert_eq!(found.agent_version.as_deref(), Some("5.12.1"));
}

#[test]
fn values_that_are_wrong_are_left_out_with_a_warning() {
    let rows = [
        windows(),
        vec![
            value(WINDOWS, "CurrentBuildNumber", "REG_SZ", "many"),
            value(WINDOWS, "CSDVersion", "REG_BINARY", "00"),
            value(WINDOWS, "UBR", "REG_DWORD", "x"),
            json!({"name": "no key"}),
        ],
    ]
    .concat();
    let tables = tables(&[(Query::Registry, 10, json!(rows))]);
    let (machine, warnings) = machine(&Host::default(), &tables).unwrap();
    assert_eq!((machine.os.build, machine.os.revision), (18_363, Some(592)));
    assert!(warnings[0].contains("`many` is no build"), "{warnings:?}");
}
