//! What machines report, in any form.

use kbgap_fleet::{CheckIn, FleetIndex};
use kbgap_inventory::{Machine, Merged, Report, merge, merge_as, native, read_reports};
use kbgap_server::{decode_machine, new_machine};

use super::snapshots::CATALOG;
use crate::make;

pub(super) const NATIVE: &[&str] = &[
    r#"{"computerDnsName":"pc-017.contoso.com","id":"1e5bc9d7e413ddd7902c2932e418702b84d0cc07","os":{"platform":"Windows10","version":"10.0.18363.592","architecture":"x64","installationType":"Client","edition":"Enterprise","servicePack":0},"installedKbs":["KB4528760",4528759,{"id":"4528758","installedOn":"2020-01-15"}],"software":[{"vendor":"Microsoft Corporation","name":"Microsoft Edge","version":"80.0.361.66"}],"group":"Finance","tags":["pilot"],"pendingReboot":false,"hotpatch":false,"secureBoot":true,"winRe":true,"ipAddresses":["10.0.0.2",{"ipAddress":"fe80::1","macAddress":"8c:ec:4b:89:7e:73","type":"Ethernet","operationalStatus":"Up"}],"lastIpAddress":"10.0.0.2","lastExternalIpAddress":"1.2.3.4","aadDeviceId":"80fe8ff8-2624-418e-9591-41f0491218f9","agentVersion":"5.1","seenAt":"2020-03-20T08:00:00Z"}"#,
    "[{\"computerDnsName\":\"a\",\"os\":{\"version\":\"6.1.7601\"}},{\"computerDnsName\":\"b\",\"os\":{\"version\":\"x\"}}]",
    "{\"computerDnsName\":\"a\",\"os\":{\"version\":\"6.1.7601\"}}\n\n{\"computerDnsName\":\"b\",\"os\":{}}\n",
];

pub(super) const SYSTEMINFO: &[&str] = &[
    "\r\nHost Name:                 PC-1\r\nOS Name:                   Microsoft Windows 10 Pro\r\nOS Version:                10.0.19045 N/A Build 19045\r\nOS Manufacturer:           Microsoft Corporation\r\nOS Configuration:          Standalone Workstation\r\nOS Build Type:             Multiprocessor Free\r\nRegistered Owner:          a\r\nRegistered Organization:   \r\nProduct ID:                1\r\nOriginal Install Date:     1/1/2024, 1:00:00 AM\r\nSystem Boot Time:          1/1/2024, 1:00:00 AM\r\nSystem Manufacturer:       LENOVO\r\nSystem Model:              20X\r\nSystem Type:               x64-based PC\r\nDomain:                    contoso.com\r\nHotfix(s):                 2 Hotfix(s) Installed.\r\n                           [01]: KB5031354\r\n                           [02]: KB5029921\r\nNetwork Card(s):           1 NIC(s) Installed.\r\n                           [01]: Intel\r\n                                 IP address(es)\r\n                                 [01]: 10.0.0.2\r\n",
];

pub(super) const VULS: &[&str] = &[
    r#"{"jsonVersion":4,"serverName":"web-1","family":"windows","release":"Windows Server 2022","scannedAt":"2025-05-01T00:00:00Z","ipv4Addrs":["10.0.0.1"],"ipv6Addrs":[],"runningKernel":{"release":"","version":"10.0.20348.3328","rebootRequired":true},"packages":{"7-Zip":{"name":"7-Zip","version":"24.09","vendor":"Igor Pavlov"}},"windowsKB":{"applied":["5053603"],"unapplied":["5055526"]}}"#,
];

pub(super) const LISTS: &[&str] = &[
    "Source        Description      HotFixID      InstalledBy          InstalledOn\n------        -----------      --------      -----------          -----------\nPC1           Security Update  KB5031354     NT AUTHORITY\\SYSTEM  10/12/2023 12:00:00 AM\n",
    "\n\nCSName=PC1\nHotFixID=KB5031354\n\nCSName=PC1\nHotFixID=KB5029921\n",
    "WindowsProductName : Windows 10 Pro\nCsName : PC1\nOsVersion : 10.0.19045\nOsArchitecture : 64-bit\nWindowsInstallationType : Client\nOsHotFixes : {KB5031354, KB5029921}\n",
    "{\"CsName\":\"PC1\",\"OsVersion\":\"10.0.19045\",\"OsHotFixes\":[{\"HotFixID\":\"KB5031354\"}]}",
    "DisplayName : 7-Zip\nDisplayVersion : 24.09\nPublisher : Igor Pavlov\n\nDisplayName : Edge\nDisplayVersion : 1\n",
];

pub(super) const REGISTRY: &[&str] = &[
    "Windows Registry Editor Version 5.00\r\n\r\n[HKEY_LOCAL_MACHINE\\SOFTWARE\\Microsoft\\Windows NT\\CurrentVersion]\r\n\"CurrentBuildNumber\"=\"19045\"\r\n\"UBR\"=dword:00000d78\r\n\"CurrentMajorVersionNumber\"=dword:0000000a\r\n\"CurrentMinorVersionNumber\"=dword:00000000\r\n\"InstallationType\"=\"Client\"\r\n\"EditionID\"=\"Professional\"\r\n\r\n[HKEY_LOCAL_MACHINE\\SYSTEM\\CurrentControlSet\\Control\\ComputerName\\ComputerName]\r\n\"ComputerName\"=\"PC-1\"\r\n\r\n[HKEY_LOCAL_MACHINE\\SOFTWARE\\Microsoft\\Windows\\CurrentVersion\\Uninstall\\{1}]\r\n\"DisplayName\"=\"7-Zip \\\"x\\\"\"\r\n\"DisplayVersion\"=hex(2):32,00,\\\r\n  34,00\r\n\r\n[HKEY_LOCAL_MACHINE\\SYSTEM\\CurrentControlSet\\Control\\Session Manager\\Environment]\r\n\"PROCESSOR_ARCHITECTURE\"=\"AMD64\"\r\n",
    "\r\nHKEY_LOCAL_MACHINE\\SOFTWARE\\Microsoft\\Windows NT\\CurrentVersion\r\n    CurrentBuildNumber    REG_SZ    19045\r\n    UBR    REG_DWORD    0xd78\r\n    InstallationType    REG_SZ    Client\r\n\r\nHKEY_LOCAL_MACHINE\\SYSTEM\\CurrentControlSet\\Control\\ComputerName\\ComputerName\r\n    ComputerName    REG_SZ    PC-1\r\n\r\nEnd of search: 4 match(es) found.\r\n",
];

pub(super) const TABLES: &[&str] = &[
    "Host Name,OS Version,Architecture,Installation Type,KBs,Software,Version,Owner\r\npc-1,10.0.19045.3448,x64,Client,\"KB5031354;KB5029921\",7-Zip,24.09,Ann\r\npc-1,10.0.19045.3448,x64,Client,KB5029922,Edge,1,Ann\r\n",
    "\"PSComputerName\";\"HotFixID\"\n\"PC1\";\"KB5031354\"\n",
    "Host\tOS Version\tUBR\na\t10.0.19045\t3448\n",
    "Host  OsVersion\n----  ---------\na     10.0.19045\n",
    "[{\"DisplayName\":\"Edge\",\"DisplayVersion\":\"1\",\"Publisher\":\"Microsoft\",\"PSComputerName\":\"pc-1\"}]",
];

pub(super) const DEFENDER: &[&str] = &[
    r#"{"@odata.context":"x/$metadata#Machines","value":[{"id":"1e5bc9d7e413ddd7902c2932e418702b84d0cc07","computerDnsName":"a.contoso.com","osPlatform":"Windows10","version":"22H2","osVersion":"10.0","osBuild":19045,"osProcessor":"x64","osArchitecture":"64-bit","lastSeen":"2025-01-01T00:00:00Z","rbacGroupName":"G","machineTags":["t"],"ipAddresses":[{"ipAddress":"10.0.0.1","macAddress":"8CEC4B897E73","type":"Ethernet","operationalStatus":"Up"}],"lastIpAddress":"10.0.0.1","deviceValue":"Normal"}]}"#,
    r#"[{"deviceId":"1e5bc9d7e413ddd7902c2932e418702b84d0cc07","deviceName":"a.contoso.com","osPlatform":"Windows10","osVersion":"10.0.19045.3448","osArchitecture":"x64","softwareVendor":"microsoft","softwareName":"edge","softwareVersion":"1.2","rbacGroupName":"G"}]"#,
    "{\"deviceId\":\"1\",\"deviceName\":\"a\",\"osPlatform\":\"Windows10\",\"osVersion\":\"10.0.19045.1\",\"softwareName\":\"edge\",\"softwareVendor\":\"microsoft\",\"softwareVersion\":\"1\",\"cveId\":\"CVE-2020-1\"}\n{\"deviceId\":\"2\",\"deviceName\":\"b\",\"osPlatform\":\"Linux\",\"softwareName\":\"x\"}\n",
];

pub(super) const CYCLONEDX: &[&str] = &[
    r#"{"bomFormat":"CycloneDX","specVersion":"1.5","metadata":{"component":{"type":"device","name":"pc-1"}},"components":[{"type":"operating-system","name":"Windows 10","version":"10.0.19045.3448"},{"type":"application","publisher":"Igor Pavlov","name":"7-Zip","version":"24.09","components":[{"type":"library","name":"x"}]}]}"#,
    r#"<?xml version="1.0"?><bom xmlns="http://cyclonedx.org/schema/bom/1.5"><metadata><component type="device"><name>pc-1</name></component></metadata><components><component type="operating-system"><name>Windows 10</name><version>10.0.19045.3448</version></component><component type="application"><publisher>Igor &amp; Co</publisher><name>7-Zip</name><version>24.09</version></component></components></bom>"#,
];

pub(super) const SEVERAL: &[&str] = &[
    "Host,OS Version\npc-1,10.0.19045\n\0HotFixID  \nKB5031354  \n\0[{\"DisplayName\":\"Edge\",\"DisplayVersion\":\"1\",\"PSComputerName\":\"pc-1\"}]",
    "{\"computerDnsName\":\"pc-1\",\"os\":{\"version\":\"10.0.19045\"}}\0CSName=PC-1\nHotFixID=KB5031354\n",
];

/// A file: it is refused in words, or every machine of it is one that the native document
/// could say, too, and that is stored and indexed without loss.
pub(super) fn import(bytes: &[u8]) {
    let Some(reports) = reports("file", bytes) else {
        return;
    };
    let again = self::reports("file", bytes);
    assert_eq!(Some(&reports), again.as_ref(), "read twice");
    check(&merge(reports.clone()));
    check(&merge_as("somebody", reports));
}

/// Files that stand together, with a zero byte between them: in any order they give the
/// same machines.
pub(super) fn several(bytes: &[u8]) {
    let mut all = Vec::new();
    for (file, number) in bytes.split(|b| *b == 0).zip(0..6) {
        all.push(reports(&format!("file{number}"), file).unwrap_or_default());
    }
    let merged = |all: &[Vec<(String, Report)>]| {
        let mut merged = merge(all.concat());
        merged.machines.sort_by(|(a, _), (b, _)| a.id.cmp(&b.id));
        check(&merged);
        merged
    };
    let one = merged(&all);
    all.reverse();
    let other = merged(&all);
    // What decides about a host. Of what is only shown the first file that tells it counts.
    let machines = |merged: &Merged| -> Vec<_> {
        let machines = merged.machines.iter().map(|(machine, _)| machine);
        machines
            .map(|m| {
                let os = (m.os.build, m.os.revision, m.os.architecture);
                let kbs: Vec<_> = m.installed_kbs.iter().map(|kb| kb.id).collect();
                (
                    m.id.clone(),
                    m.computer_dns_name.clone(),
                    os,
                    kbs,
                    m.software.clone(),
                )
            })
            .collect()
    };
    // Where something is refused, which one it is may depend on the order.
    if one.errors.is_empty() && other.errors.is_empty() {
        assert_eq!(
            machines(&one),
            machines(&other),
            "the order of files matters"
        );
    }
    assert_eq!(
        one.errors.is_empty(),
        other.errors.is_empty(),
        "{one:?} {other:?}"
    );
}

fn reports(name: &str, bytes: &[u8]) -> Option<Vec<(String, Report)>> {
    let read = match read_reports(bytes) {
        Ok(read) => read,
        Err(error) => {
            in_words(&error.to_string());
            return None;
        }
    };
    let mut reports = Vec::new();
    for report in read {
        match report {
            Ok(report) => reports.push((name.to_owned(), report)),
            Err(error) => in_words(&error.to_string()),
        }
    }
    Some(reports)
}

fn in_words(words: &str) {
    assert!((5..2_000).contains(&words.len()), "{words}");
    assert!(!words.contains(char::is_control), "{words:?}");
}

fn check(merged: &Merged) {
    merged.errors.iter().for_each(|error| in_words(error));
    merged.notes.iter().for_each(|note| in_words(note));
    for (machine, warnings) in &merged.machines {
        warnings.iter().for_each(|warning| in_words(warning));
        check_machine(machine);
    }
}

/// A machine that was accepted.
pub(super) fn check_machine(machine: &Machine) {
    let document = make::document(machine).to_string();
    let again = native::machine(&document).unwrap_or_else(|error| panic!("{error}: {document}"));
    assert_eq!(&again, machine, "what is written is not read again");
    let stored = new_machine(machine, i64::MAX).expect("it can be stored");
    let kept = decode_machine(&stored.body).expect("it comes back from the store");
    let now = Machine {
        seen_at: None,
        ..machine.clone()
    };
    assert_eq!(kept, now, "the store keeps something else");
    check_index(machine);
}

/// What the index tells of a machine is what was reported, also when the index was saved.
fn check_index(machine: &Machine) {
    let mut index = FleetIndex::new(CATALOG.clone());
    index.upsert(&CheckIn::new(machine.clone(), 0));
    let mut saved = Vec::new();
    index.fleet().save(&mut saved).expect("it can be saved");
    let loaded = FleetIndex::load(CATALOG.clone(), &mut &saved[..]).expect("it can be loaded");
    for index in [&index, &loaded] {
        let found = index.fleet().machine(&machine.id).expect("it is there");
        assert_eq!(found.name(), machine.computer_dns_name);
        assert_eq!(found.build(), machine.os.build);
        assert_eq!(found.reported.platform, machine.os.platform);
        assert_eq!(found.reported.ip_addresses, machine.ip_addresses);
        assert_eq!(found.reported.aad_device_id, machine.aad_device_id);
        assert_eq!(found.tags, machine.tags);
    }
}

/// NDJSON: each line is a record by itself, so that of a text in two pieces the records are
/// those of both.
pub(super) fn lines(bytes: &[u8]) {
    let records = native::read_lines(bytes);
    for (at, record) in records.iter().enumerate() {
        assert_eq!(record.index, at);
        match &record.machine {
            Ok(machine) => check_machine(machine),
            Err(error) => in_words(&error.to_string()),
        }
    }
    let Some(end) = bytes.iter().position(|b| *b == b'\n') else {
        return;
    };
    let (head, tail) = bytes.split_at(end + 1);
    let mark = "\u{feff}".as_bytes();
    // A mark is one only at the very beginning.
    if !tail.starts_with(mark) {
        let machines = |records: Vec<native::Record>| records.into_iter().map(|r| r.machine);
        let parts = machines(native::read_lines(head)).chain(machines(native::read_lines(tail)));
        assert!(
            parts.eq(records.into_iter().map(|r| r.machine)),
            "a line spoils another"
        );
    }
}
