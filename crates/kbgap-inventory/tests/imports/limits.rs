//! What is too long or too many: one program of a list spoils nothing, a host with more than any
//! has is refused, whatever the form.

use crate::{merged, merged_as};

const KEY: &str = "HKEY_LOCAL_MACHINE\\SOFTWARE\\Microsoft\\Windows\\CurrentVersion\\Uninstall";
const WINDOWS: &str = "HKEY_LOCAL_MACHINE\\SOFTWARE\\Microsoft\\Windows NT\\CurrentVersion";

fn export(long: &str) -> String {
    format!(
        "Windows Registry Editor Version 5.00\r\n\r\n[{WINDOWS}]\r\n\"CurrentBuild\"=\"19045\"\r\n\"UBR\"=dword:00000d78\r\n\
         \"ProductName\"=\"{long}\"\r\n\"EditionID\"=\"{long}\"\r\n\r\n\
         [{KEY}\\Bad]\r\n\"DisplayName\"=\"{long}\"\r\n\"DisplayVersion\"=\"1\"\r\n\r\n\
         [{KEY}\\Good]\r\n\"DisplayName\"=\"7-Zip\"\r\n\"DisplayVersion\"=\"22.01\"\r\n"
    )
}

fn query(long: &str) -> String {
    format!(
        "{WINDOWS}\r\n    CurrentBuild    REG_SZ    19045\r\n    UBR    REG_DWORD    0xd78\r\n\r\n\
         {KEY}\\Bad\r\n    DisplayName    REG_SZ    Bad\r\n    Publisher    REG_SZ    {long}\r\n\r\n\
         {KEY}\\Good\r\n    DisplayName    REG_SZ    7-Zip\r\n    DisplayVersion    REG_SZ    22.01\r\n"
    )
}

fn table(long: &str) -> String {
    format!(
        "Host,OS Version,Software,Version\npc-1,10.0.19045.3448,{long},1\npc-1,10.0.19045.3448,7-Zip,22.01\n"
    )
}

fn objects(long: &str) -> String {
    format!(
        r#"[{{"PSComputerName":"pc-1","OsVersion":"10.0.19045.3448","DisplayName":"Bad","DisplayVersion":"{long}"}},
            {{"PSComputerName":"pc-1","OsVersion":"10.0.19045.3448","DisplayName":"7-Zip","DisplayVersion":"22.01"}}]"#
    )
}

fn bill(long: &str) -> String {
    format!(
        r#"{{"bomFormat":"CycloneDX","metadata":{{"component":{{"type":"device","name":"pc-1"}}}},"components":[
            {{"type":"operating-system","name":"Windows 10","version":"10.0.19045.3448"}},
            {{"type":"application","name":"{long}","version":"1"}},
            {{"type":"application","name":"7-Zip","version":"22.01"}}]}}"#
    )
}

fn defender(long: &str) -> String {
    let row = |name: &str, version: &str| {
        format!(
            r#"{{"deviceId":"1e5bc9d7e413ddd7902c2932e418702b84d0cc07","deviceName":"pc-1","osPlatform":"Windows10","osVersion":"10.0.19045.3448",
                "softwareVendor":"v","softwareName":"{name}","softwareVersion":"{version}"}}"#
        )
    };
    format!("[{},{}]", row(long, "1"), row("7-Zip", "22.01"))
}

fn scan(long: &str) -> String {
    format!(
        r#"{{"jsonVersion":4,"serverName":"pc-1","family":"windows","release":"Windows 10 Version 22H2 for x64-based Systems",
            "runningKernel":{{"version":"10.0.19045.3448"}},"windowsKB":{{"applied":["5031354"]}},
            "packages":{{"Bad":{{"name":"{long}","version":"1"}},"7-Zip":{{"name":"7-Zip","version":"22.01"}}}}}}"#
    )
}

#[test]
fn a_program_with_a_text_that_is_too_long_is_left_out_and_the_others_are_taken() {
    let long = "x".repeat(1_001);
    for (text, place) in [
        (export(&long), "key `bad`"),
        (query(&long), "key `bad`"),
        (table(&long), "line 2"),
        (objects(&long), "row 1"),
        (bill(&long), "component `xxx"),
        (defender(&long), "row 1"),
        (scan(&long), "`packages`: `Bad`"),
    ] {
        let merged = merged_as("pc-1", &[&text]);
        assert_eq!(merged.errors, Vec::<String>::new(), "{place}");
        let [(machine, warnings)] = &merged.machines[..] else {
            panic!("{place}: {merged:?}");
        };
        assert_eq!(machine.os.build, 19_045);
        let names: Vec<&str> = machine.software.iter().map(|s| s.name).collect();
        assert_eq!(names, ["7-Zip"], "{place}");
        let told = warnings.iter().any(|warning| {
            warning.starts_with(place) && warning.contains("left out") && warning.len() < 300
        });
        assert!(told, "{place}: {warnings:?}");
    }
}

#[test]
fn many_programs_that_are_too_long_are_told_shortly() {
    let row = format!("pc-1,10.0.19045.3448,{},1\n", "x".repeat(1_001));
    let text = format!("Host,OS Version,Software,Version\n{}", row.repeat(500));
    let merged = merged(&[&text]);
    let (_, warnings) = &merged.machines[0];
    assert!(warnings.len() < 30, "{}", warnings.len());
    assert_eq!(warnings.last().unwrap(), "480 more programs are left out");
}

fn numbers(from: u32, count: u32) -> Vec<String> {
    (from..from + count).map(|n| n.to_string()).collect()
}

#[test]
fn a_host_with_more_updates_than_any_has_is_refused_in_each_form() {
    let scan_of = |kbs: &[String]| {
        scan("y").replace("[\"5031354\"]", &format!("[\"{}\"]", kbs.join("\",\"")))
    };
    let most = merged(&[&scan_of(&numbers(5_000_000, 10_000))]);
    assert_eq!(most.machines.len(), 1, "{:?}", most.errors);

    let list = |kbs: &[String]| {
        format!(
            "Host,OS Version,KB\npc-1,10.0.19045.3448,KB{}\n",
            kbs.join(" KB")
        )
    };
    let halves = [
        list(&numbers(5_000_000, 6_000)),
        list(&numbers(6_000_000, 6_000)),
    ];
    for texts in [
        vec![scan_of(&numbers(5_000_000, 10_001))],
        vec![list(&numbers(5_000_000, 10_001))],
        halves.to_vec(),
    ] {
        let texts: Vec<&str> = texts.iter().map(String::as_str).collect();
        let merged = merged(&texts);
        assert!(merged.machines.is_empty());
        let error = &merged.errors[0];
        assert!(error.contains("more than 10000 updates"), "{error}");
        assert!(error.contains("`pc-1`"), "{error}");
    }
}

#[test]
fn a_host_with_more_programs_than_any_has_is_refused_in_each_form() {
    let row = |n: u32| format!("pc-1,10.0.19045.3448,Program {n},1\n");
    let table = |rows: std::ops::Range<u32>| {
        let rows: String = rows.map(row).collect();
        format!("Host,OS Version,Software,Version\n{rows}")
    };
    let most = merged(&[&table(0..20_000)]);
    assert_eq!(most.machines.len(), 1, "{:?}", most.errors);
    for texts in [
        vec![table(0..20_001)],
        vec![table(0..15_000), table(15_000..30_000)],
    ] {
        let texts: Vec<&str> = texts.iter().map(String::as_str).collect();
        let merged = merged(&texts);
        assert!(merged.machines.is_empty());
        assert!(
            merged.errors[0].contains("more than 20000 programs"),
            "{:?}",
            merged.errors
        );
    }
}
