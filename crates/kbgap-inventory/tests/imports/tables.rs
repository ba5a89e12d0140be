//! CSV and its like, by the names of their columns.

use kbgap_inventory::Report;

use crate::{error, line, machine, merged, reports};

#[test]
fn a_row_a_host_with_its_updates_in_one_cell() {
    let merged = merged(&[
        "Computer Name,OS,OS Version,Arch,Installation Type,KBs,Device Group,Owner\n\
         pc-1,Windows 11,10.0.22631.2428,x64,Client,\"KB5031354; KB5029921\",Finance,Ann\n\
         srv-1,Windows Server 2022,10.0.20348,64-bit,Server Core,5030216,,Bob\n",
    ]);
    assert_eq!(merged.errors, Vec::<String>::new());
    let read: Vec<String> = merged.machines.iter().map(|(m, _)| line(m)).collect();
    assert_eq!(
        read,
        [
            "pc-1 10.0.22631.2428 x64 Client [5029921 5031354] []",
            "srv-1 10.0.20348 x64 Server Core [5030216] []"
        ]
    );
    assert_eq!(merged.machines[0].0.group.as_deref(), Some("Finance"));
}

#[test]
fn a_row_an_update_or_a_program() {
    let updates = "host;os version;kb;installed on\na;10.0.19045.3448;KB5031356;2023-10-11\na;10.0.19045.3448;KB5031988;\nb;10.0.19044.1;;\n";
    let merged_updates = merged(&[updates]);
    let read: Vec<String> = merged_updates
        .machines
        .iter()
        .map(|(m, _)| line(m))
        .collect();
    assert_eq!(
        read,
        [
            "a 10.0.19045.3448 ? ? [5031356 5031988] []",
            "b 10.0.19044.1 ? ? [] []"
        ]
    );
    let dated = &merged_updates.machines[0].0.installed_kbs[0];
    assert_eq!(dated.installed_on.unwrap().to_string(), "2023-10-11");
    let programs = "Device\tName\tVersion\tPublisher\na\t7-Zip\t22.01\tIgor Pavlov\na\tGit\t2.44\tThe Git Development Community\n";
    let joined = merged(&[updates, programs]);
    assert!(
        line(&joined.machines[0].0)
            .ends_with("[Igor Pavlov|7-Zip|22.01; The Git Development Community|Git|2.44]")
    );
    assert!(!joined.machines[1].0.software_reported);
}

#[test]
fn a_directory_export() {
    let read = machine(
        "#TYPE Selected.Microsoft.ActiveDirectory.Management.ADComputer\r\n\"Name\",\"DNSHostName\",\"OperatingSystem\",\"OperatingSystemVersion\"\r\n\
         \"PC-017\",\"pc-017.contoso.com\",\"Windows 10 Enterprise\",\"10.0 (19045)\"\r\n",
    );
    assert_eq!(line(&read), "pc-017.contoso.com 10.0.19045 ? Client [] []");
    // Without updates and without the revision nothing can be known to be installed.
    let merged = merged(&["Name,OperatingSystemVersion\nPC,10.0 (19045)\n"]);
    assert!(
        merged.machines[0].1[0].contains("neither the revision"),
        "{merged:?}"
    );
}

#[test]
fn hosts_that_run_something_else_are_left_out_and_counted() {
    let merged = merged(&[
        "Name,OperatingSystem,OperatingSystemVersion\npc,Windows 10 Pro,10.0 (19045)\nweb,Ubuntu,22.04\nmac,macOS,14.1\n",
    ]);
    assert_eq!((merged.machines.len(), merged.errors.len()), (1, 0));
    assert_eq!(
        merged.notes,
        ["file1: 2 of its rows are of hosts that do not run Windows and are left out"]
    );
}

#[test]
fn errors_have_their_line() {
    for (text, place) in [
        ("Host,OS Version\na,10.0.19045\nb,1909\n", "line 3"),
        (
            "sep=;\nHost;OS Version\na;10.0.19045\n\n\"b\nc\";x\n",
            "line 5",
        ),
        ("Host,OS Version\na,10.0.19045\na,10.0.22631\n", "line 3"),
        ("Host,OS Version\na,10.0.19045,more\n", "line 2"),
        (
            "Host,OS Version,Installation Type\na,10.0.19045,Laptop\n",
            "line 2",
        ),
        ("Device ID,OS Version\nxyz,10.0.19045\n", "line 2"),
        ("Host,OS Build,UBR\na,19045,many\n", "line 2"),
    ] {
        let told = error(text);
        assert!(
            told.contains(place) && told.contains("read as a table"),
            "{text}: {told}"
        );
    }
}

#[test]
fn columns_are_shown_with_what_they_are_taken_for() {
    let reports = reports(&[b"Host Name,OS Version,Owner\na,10.0.19045,Ann\n"]);
    let Some((_, Report::Columns(columns))) = reports.last() else {
        panic!("{reports:?}")
    };
    let read: Vec<(&str, Option<&str>)> = columns
        .iter()
        .map(|c| (c.heading.as_str(), c.field))
        .collect();
    assert_eq!(
        read,
        [
            ("Host Name", Some("computerDnsName")),
            ("OS Version", Some("os.version")),
            ("Owner", None)
        ]
    );
}

#[test]
fn the_name_of_a_release_beside_its_build_is_passed_over() {
    let merged = merged(&[
        // The list of devices of Defender's portal.
        "\u{feff}\"Device ID\",\"Device Name\",\"OS Platform\",\"OS Version\",\"OS Build\"\r\n\
         \"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa\",\"a\",\"Windows10\",\"22H2\",\"19045.3448\"\r\n",
        "Host,Version,Build,UBR\nb,10,19045,3448\nc,Windows 10 1909,18363,592\nd,10.0,17763,1\n",
    ]);
    assert_eq!(merged.errors, Vec::<String>::new());
    let read: Vec<String> = merged.machines.iter().map(|(m, _)| line(m)).collect();
    assert_eq!(
        read,
        [
            "a 10.0.19045.3448 ? Client [] []",
            "b 10.0.19045.3448 ? ? [] []",
            "c 10.0.18363.592 ? ? [] []",
            "d 10.0.17763.1 ? ? [] []"
        ]
    );
    let told = error("Host,Version,Build\na,10.0.x.1,19045\n");
    assert!(told.contains("line 2"), "{told}");
}

#[test]
fn exports_of_management_tools() {
    let merged = merged(&[
        // Configuration Manager writes the whole version as the build.
        "Name,OperatingSystem,OSBuild\na,Microsoft Windows NT Workstation 10.0,10.0.19045.3448\n",
        "Computer Name,O/S,O/S Version,O/S Build\nb,Windows 10,22H2,10.0.19045.3448\n",
        // Intune's id of a device is another one.
        "Device ID,Device name,OS,OS version\n0a1b2c3d-0000-4000-8000-000000000001,c,Windows,10.0.22631.3007\n",
    ]);
    assert_eq!(merged.errors, Vec::<String>::new());
    let read: Vec<String> = merged.machines.iter().map(|(m, _)| line(m)).collect();
    assert_eq!(
        read,
        [
            "a 10.0.19045.3448 ? Client [] []",
            "b 10.0.19045.3448 ? Client [] []",
            "c 10.0.22631.3007 ? ? [] []"
        ]
    );
    // Without a name nothing is left to know the host by.
    let told = error("Device ID,OS version\n0a1b2c3d-0000-4000-8000-000000000001,10.0.22631\n");
    assert!(told.contains("40 hex digits"), "{told}");
}
