//! Input that wants to do harm, and input that is nothing.

use kbgap_inventory::{MAX_BYTES, merge, read_reports};
use proptest::prelude::*;

use crate::{machine, merged, reports};

/// Beginnings that lead to each reader.
const BEGINNINGS: [&str; 16] = [
    "",
    "Windows Registry Editor Version 5.00\n\n[HKEY_LOCAL_MACHINE\\SOFTWARE\\Microsoft\\Windows NT\\CurrentVersion]\n",
    "REGEDIT4\n[X\\Microsoft\\Windows\\CurrentVersion\\Uninstall\\a]\n\"DisplayName\"=",
    "{\"jsonVersion\":4,\"family\":\"windows\",\"runningKernel\":{\"version\":\"10.0.1.1\"},\"packages\":",
    "[{\"deviceId\":\"a\",\"softwareName\":\"b\",\"osVersion\":",
    "{\"@odata.context\":\"x\",\"value\":[{\"computerDnsName\":\"a\",\"osPlatform\":\"Windows10\",\"osBuild\":",
    "{\"bomFormat\":\"CycloneDX\",\"components\":[",
    "<bom><components><component type=\"application\"><name>",
    "[{\"HotFixID\":",
    "{\"OsVersion\":\"10.0.19045\",\"OsHotFixes\":",
    "Host,OS Version,KB\na,10.0.19045,",
    "OsVersion : 10.0.19045\nCsName : ",
    "HotFixID  Source\nKB5031354 ",
    "Host  OsVersion\n----  ---------\n",
    "DisplayName : a\nDisplayVersion : ",
    "Host Name:     PC\nOS Name:     Microsoft Windows 10 Pro\nOS Version:     10.0.19045 N/A Build 19045\n",
];

proptest! {
    #[test]
    fn no_bytes_panic(
        beginning in prop::sample::select(&BEGINNINGS[..]),
        bytes in prop::collection::vec(any::<u8>(), 0..200),
    ) {
        let bytes = [beginning.as_bytes(), &bytes].concat();
        if let Ok(read) = read_reports(&bytes) {
            let _ = merge(read.into_iter().flatten().map(|r| (String::new(), r)).collect());
        }
    }

    #[test]
    fn no_text_panics(
        beginning in prop::sample::select(&BEGINNINGS[..]),
        text in "[\\PC\n\"{}\\[\\],:;=<>&/ \\\\0-9]{0,120}",
    ) {
        let text = format!("{beginning}{text}");
        if let Ok(read) = read_reports(text.as_bytes()) {
            let _ = merge(read.into_iter().flatten().map(|r| (String::new(), r)).collect());
        }
    }

    #[test]
    fn what_is_read_holds_no_control_characters_and_no_endless_names(
        name in "\\PC{0,300}",
        version in "[0-9.]{0,30}",
    ) {
        let json = serde_json::json!([{"deviceId": "1", "deviceName": name, "osPlatform": "Windows10",
            "osVersion": "10.0.19045.1", "softwareVendor": "x\u{1b}[31m", "softwareName": name, "softwareVersion": version}]);
        if let Ok(read) = read_reports(json.to_string().as_bytes()) {
            let merged = merge(read.into_iter().flatten().map(|r| (String::new(), r)).collect());
            for (machine, _) in merged.machines {
                prop_assert!(machine.computer_dns_name.chars().count() <= 255);
                for software in machine.software.iter() {
                    let all = format!("{}{}", software.vendor, software.name);
                    prop_assert!(!all.chars().any(char::is_control));
                }
            }
        }
    }
}

#[test]
fn names_with_script_stay_text() {
    let csv = b"Host,OS Version,Software\n<script>alert(1)</script>,10.0.19045.1,\"=cmd|' /C calc'!A0\"\n";
    let merged = merge(reports(&[csv]));
    let (machine, _) = &merged.machines[0];
    assert_eq!(machine.computer_dns_name, "<script>alert(1)</script>");
    assert_eq!(
        machine.software.iter().next().unwrap().name,
        "=cmd|' /C calc'!A0"
    );
}

#[test]
fn one_endless_line_is_read_or_refused() {
    let long = "x".repeat(20 << 20);
    for beginning in BEGINNINGS {
        let text = format!("{beginning}{long}");
        if let Err(error) = read_reports(text.as_bytes()) {
            assert!(
                error.to_string().len() < 1_000,
                "{beginning}: {}",
                error.to_string().len()
            );
        }
    }
}

#[test]
fn what_never_ends_is_looked_at_once() {
    for (beginning, line) in [
        ("Windows Registry Editor Version 5.00\n[A]\n\"a\"=\"", "x\n"),
        (
            "Windows Registry Editor Version 5.00\n[A]\n\"a\"=hex:",
            "00,\\\n",
        ),
        ("HotFixID  CSName\n", "KB5031354 PC1\n"),
        ("CsName : a\nOsVersion : 10.0.19045\n", "B : c\n"),
        ("<bom>", "<a></a>\n"),
    ] {
        let text = format!("{beginning}{}", line.repeat(1_000_000));
        let _ = read_reports(text.as_bytes());
    }
}

#[test]
fn numbers_beyond_all_bounds_are_refused() {
    for text in [
        "Host,OS Build,UBR\na,99999999999999999999,1\n",
        "Host,OS Version\na,10.0.99999999999999999999\n",
        "[{\"deviceId\":\"1\",\"deviceName\":\"a\",\"softwareName\":\"b\",\"osVersion\":1e400}]",
        "Windows Registry Editor Version 5.00\n[A\\Microsoft\\Windows NT\\CurrentVersion]\n\"UBR\"=hex(b):ff,ff,ff,ff,ff,ff,ff,ff\n",
    ] {
        assert!(read_reports(text.as_bytes()).is_err(), "{text}");
    }
}

#[test]
fn what_is_too_large_is_refused_unread() {
    let error = read_reports(&vec![b' '; MAX_BYTES + 1]).unwrap_err();
    assert!(error.to_string().contains("256 MB"), "{error}");
}

#[test]
fn what_is_still_packed_or_a_workbook_says_what_to_do() {
    for (start, remedy) in [
        (
            &b"PK\x03\x04\x14\0\0\0"[..],
            "unpack it and name the files, or save the sheet as CSV",
        ),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1\0", "save it as CSV"),
        (b"\x1f\x8b\x08\0", "unpack it first"),
        (b"\x28\xb5\x2f\xfd\0", "unpack it first"),
    ] {
        let error = read_reports(start).unwrap_err().to_string();
        assert!(error.contains(remedy), "{error}");
    }
}

/// Found by fuzzing: a terminal would obey what a report's words say.
#[test]
fn no_form_lets_control_characters_through() {
    let systeminfo = "Host Name:  PC\nOS Name:  \u{7} Microsoft \u{9b}2J Windows 10 Pro\nOS Version:  10.0.19045 N/A Build 19045\n\
        Hotfix(s):  1 Hotfix(s) Installed.\n   [01]: KB5031354\n";
    let machine = machine(systeminfo);
    assert_eq!(machine.computer_dns_name, "PC");
    let platform = machine.os.platform.as_deref();
    assert_eq!(platform, Some("Microsoft  2J Windows 10 Pro"));
    // A name that no host can have is none.
    let merged = merged(&["CSName=PC1\u{8}x\nHotFixID=KB5031354\n"]);
    assert!(
        merged.errors[0].contains("of a host that it does not name"),
        "{merged:?}"
    );
    for text in [
        &systeminfo.replace("PC\n", "PC\u{1b}[31m\n"),
        // The middle of one report and all of another.
        &systeminfo.replace("PC\n", "en-us;English (UnHost Name:   PC\n"),
        "Host,OS Version\na,10.0\u{1b}[31m.19045\n",
        "Windows Registry Editor Version 5.00\n[A\\Microsoft\\Windows NT\\CurrentVersion]\n\"UBR\"=dword:00000d78\r\u{1b}C\n",
        "Host,OS Version,Installation Type\na,10.0.19045,Cli\u{7}ent\n",
        "{\"computerDnsName\":\"a\",\"o\u{7f}s\":x}",
        "<bom><components><component\u{7} type='x'></name></bom>",
        r#"{"computerDnsName":"a","os":{"version":"10.0\u001b[31m"}}"#,
        r#"{"computerDnsName":"a","id":"\u001b[31m","os":{"version":"10.0.19045"}}"#,
        r#"{"computerDnsName":"a","os":{"version":"10.0.19045"},"ipAddresses":[{"ipAddress":"::1","macAddress":"\u001b"}]}"#,
    ] {
        let told = match read_reports(text.as_bytes()) {
            Err(error) => error.to_string(),
            Ok(mut read) => read.remove(0).unwrap_err().to_string(),
        };
        assert!(!told.contains(char::is_control), "{told:?}");
    }
}
