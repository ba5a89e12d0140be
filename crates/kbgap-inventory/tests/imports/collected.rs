//! What the collectors in `deploy` write, and what has to stay true of the scripts.
//!
//! The documents are those that `collect.ps1` makes, written by following it for hosts of
//! several kinds. `registry.txt` is what `collect.cmd` writes.

use std::path::Path;

use kbgap_inventory::Report;

use crate::{error, line, machine, machine_of, merged, merged_as, reports};

fn script(name: &str) -> String {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../deploy");
    std::fs::read_to_string(folder.join(name)).unwrap()
}

/// A workstation with one update, quotes, letters of other languages and an emoji, which
/// is two units of UTF-16.
const WORKSTATION: &str = r#"{
  "computerDnsName": "b\u00fcro-017.contoso.com",
  "os": {"version": "10.0.22631.2601", "platform": "Windows 10 Enterprise", "architecture": "AMD64", "installationType": "Client", "edition": "Enterprise", "servicePack": 0},
  "installedKbs": [
    {"id": "5031354", "installedOn": "2023-10-11"}
  ],
  "software": [
    {"vendor": "Igor Pavlov", "name": "7-Zip 22.01 (x64)", "version": "22.01"},
    {"name": "\ud55c\uae00 \"Office\" C:\\Tools \ud83d\ude00"},
    {"vendor": "Microsoft Corporation", "name": "Microsoft .NET Framework 4.8.1", "version": "4.8.09032"}
  ],
  "dotNet": {"versions": ["4.8.1"], "fileVersions": ["4.8.9181.0"]},
  "group": "B\u00fcro",
  "tags": [
    "floor 2",
    "kiosk"
  ],
  "pendingReboot": false,
  "secureBoot": true,
  "winRe": true,
  "ipAddresses": [
    {"ipAddress": "10.1.2.3", "macAddress": "8CEC4B897E73", "type": "Ethernet", "operationalStatus": "Up"},
    {"ipAddress": "fe80::1", "macAddress": "8CEC4B897E73", "type": "Ethernet", "operationalStatus": "Up"}
  ],
  "agentVersion": "collect.ps1 1",
  "seenAt": "2023-11-20T08:00:00Z"
}
"#;

/// A host of which hardly anything can be read.
const BARE: &str = r#"{
  "computerDnsName": "OLD",
  "os": {"version": "6.1.7601", "platform": "Windows Server 2008 R2 Standard", "servicePack": 1},
  "installedKbs": [],
  "tags": [],
  "pendingReboot": true,
  "ipAddresses": [],
  "agentVersion": "collect.ps1 1",
  "seenAt": "2023-11-20T08:00:00Z"
}
"#;

/// A server core with SQL Server and Exchange.
const SERVER: &str = r#"{
  "computerDnsName": "srv-1.contoso.com",
  "os": {"version": "10.0.20348.2113", "platform": "Windows Server 2022 Datacenter", "architecture": "AMD64", "installationType": "Server Core", "edition": "ServerDatacenter", "servicePack": 0},
  "installedKbs": [
    {"id": "5031364", "installedOn": "2023-10-11"},
    "5031605"
  ],
  "software": [
    {"vendor": "Microsoft Corporation", "name": "Microsoft SQL Server", "version": "15.0.4430.1"},
    {"vendor": "Microsoft Corporation", "name": "Microsoft Exchange Server", "version": "15.2.1544.14"}
  ],
  "tags": [],
  "pendingReboot": false,
  "hotpatch": false,
  "secureBoot": false,
  "winRe": false,
  "ipAddresses": [],
  "agentVersion": "collect.ps1 1",
  "seenAt": "2023-11-20T08:00:00Z"
}
"#;

#[test]
fn documents_of_the_collector_are_read() {
    let read = machine(WORKSTATION);
    assert_eq!(
        line(&read),
        "b\u{fc}ro-017.contoso.com 10.0.22631.2601 x64 Client [5031354] \
         [|\u{d55c}\u{ae00} \"Office\" C:\\Tools \u{1f600}|; Igor Pavlov|7-Zip 22.01 (x64)|22.01; \
         Microsoft Corporation|Microsoft .NET Framework 4.8.1|4.8.09032]"
    );
    assert_eq!(
        (read.secure_boot, read.win_re, read.pending_reboot),
        (Some(true), Some(true), Some(false))
    );
    assert_eq!((read.tags.len(), read.ip_addresses.len()), (2, 2));
    assert_eq!(read.group.as_deref(), Some("B\u{fc}ro"));
    let bare = machine(BARE);
    assert_eq!(line(&bare), "OLD 6.1.7601 ? Server [] []");
    assert!(!bare.software_reported);
    assert_eq!(bare.os.service_pack, Some(1));
    let server = machine(SERVER);
    assert_eq!(
        line(&server),
        "srv-1.contoso.com 10.0.20348.2113 x64 Server Core [5031364 5031605] \
         [Microsoft Corporation|Microsoft Exchange Server|15.2.1544.14; Microsoft Corporation|Microsoft SQL Server|15.0.4430.1]"
    );
    assert_eq!(server.hotpatch, Some(false));
}

/// `"installedKbs": []` says that there is none, and that is told to people, too.
#[test]
fn a_list_of_updates_that_could_not_be_read_is_none() {
    let text = script("collect.ps1");
    let at = |piece: &str| text.find(piece).unwrap_or_else(|| panic!("{piece}"));
    let condition = at("if ($script:HasKbs -or $script:Kbs.Count -gt 0) {");
    let written = at("Add-Field $fields 'installedKbs'");
    assert!(condition < written && written - condition < 120);
    assert_eq!(text.matches("Add-Field $fields 'installedKbs'").count(), 1);
    // Each source says so only behind what could fail.
    for (fails, source) in [
        ("@(Get-HotFix)", "Add-HotFixes {"),
        ("$null -eq $packages", "Add-Packages {"),
    ] {
        let body = &text[at(source)..];
        let known = body.find("$script:HasKbs = $true").unwrap();
        assert!(body.find(fails).unwrap() < known && known < 700, "{source}");
    }
    let warnings = |kbs: &str, version: &str| {
        let document = format!(r#"{{"computerDnsName":"a",{kbs}"os":{{"version":"{version}"}}}}"#);
        merged(&[&document]).machines[0].1.clone()
    };
    for kbs in ["", r#""installedKbs":[],"#] {
        let told = warnings(kbs, "6.1.7601");
        assert!(
            told.len() == 1 && told[0].contains("count as missing"),
            "{told:?}"
        );
        assert!(warnings(kbs, "10.0.19045.3448").is_empty());
    }
    assert!(warnings(r#""installedKbs":["KB5031354"],"#, "6.1.7601").is_empty());
    // Another report may tell what this one lacks.
    let host = r#"{"computerDnsName":"a","os":{"version":"6.1.7601"}}"#;
    let both = merged(&[host, "CSName=a\nHotFixID=KB5031354\n"]);
    assert!(both.machines[0].1.is_empty(), "{both:?}");
    let named = merged_as("a", &[host]);
    assert_eq!(named.machines[0].1.len(), 1, "{named:?}");
}

#[test]
fn every_field_that_the_collector_writes_is_one_of_the_document() {
    let text = script("collect.ps1");
    let written: Vec<&str> = text
        .lines()
        .filter_map(|l| {
            let (_, rest) = l.split_once("Field $fields '")?;
            rest.split_once('\'').map(|(name, _)| name)
        })
        .collect();
    assert!(written.len() > 20, "{written:?}");
    let all = [WORKSTATION, BARE, SERVER].concat();
    for name in written {
        assert!(all.contains(&format!("\"{name}\": ")), "{name}");
    }
}

/// A signature, a console and PowerShell 5.1 without a byte order mark all read ASCII alike.
#[test]
fn scripts_are_ascii_and_end_lines_as_windows_does() {
    for name in ["collect.ps1", "collect.cmd"] {
        let text = script(name);
        assert!(text.is_ascii(), "{name}");
        assert!(
            text.split_inclusive('\n')
                .all(|line| line.ends_with("\r\n")),
            "{name}: its lines have to end with CR LF"
        );
        assert!(!text.contains('\t') && !text.contains("  \r\n"), "{name}");
    }
}

/// What a script calls is what Windows has without modules, and nothing that changes a host
/// or runs what it reads.
#[test]
fn the_collector_calls_nothing_but_what_is_listed() {
    const CMDLETS: [&str; 7] = [
        "Get-HotFix",
        "Get-Random",
        "New-Object",
        "Set-StrictMode",
        "Sort-Object",
        "Start-Sleep",
        "Write-Verbose",
    ];
    let text = script("collect.ps1");
    let (_, code) = text.split_once("#>").unwrap();
    let own: Vec<&str> = code
        .lines()
        .filter_map(|l| l.strip_prefix("function "))
        .map(|l| l.split(['(', ' ']).next().unwrap())
        .collect();
    assert!(own.len() > 30);
    let code: String = code
        .lines()
        .map(without_comments_and_texts)
        .collect::<Vec<_>>()
        .join("\n");
    let word = |c: char| !(c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.' | '$' | '\\'));
    let mut called: Vec<&str> = code
        .split(word)
        .filter(|w| {
            let Some((verb, noun)) = w.split_once('-') else {
                return false;
            };
            let is_name = |s: &str| s.starts_with(|c: char| c.is_ascii_uppercase());
            is_name(verb) && is_name(noun)
        })
        .filter(|w| !own.contains(w))
        .collect();
    called.sort_unstable();
    called.dedup();
    assert_eq!(called, CMDLETS);
    for function in &own {
        let times = code.split(word).filter(|w| w == function).count();
        assert!(times > 1, "{function} is never called");
    }
    // Windows PowerShell 2.0 knows none of these.
    for newer in [
        "[ordered]",
        "[pscustomobject]",
        " -in ",
        " -notin ",
        "IsNullOrWhiteSpace",
        "::new(",
        "$PSScriptRoot",
        "&&",
        "??",
    ] {
        assert!(!code.contains(newer), "{newer}");
    }
    // No secret on a command line, in a message or in the log.
    assert!(!text.contains("-ClientSecret") && !code.contains("Write-Note $"));
}

/// Texts in single quotes and comments say nothing that is run.
fn without_comments_and_texts(line: &str) -> String {
    let mut code = String::new();
    let mut is_text = false;
    for letter in line.chars() {
        match letter {
            '\'' => is_text = !is_text,
            '#' if !is_text && code.trim_end().is_empty() => break,
            _ if !is_text => code.push(letter),
            _ => {}
        }
    }
    code
}

const QUERIES: &str = "\r\nHKEY_LOCAL_MACHINE\\SOFTWARE\\Microsoft\\Windows NT\\CurrentVersion\r\n    CurrentBuild    REG_SZ    22631\r\n\
\r\n\r\nHKEY_LOCAL_MACHINE\\SOFTWARE\\Microsoft\\Windows NT\\CurrentVersion\r\n    UBR    REG_DWORD    0xa29\r\n\
\r\nHKEY_LOCAL_MACHINE\\SOFTWARE\\Microsoft\\Windows NT\\CurrentVersion\r\n    ProductName    REG_SZ    Windows 10 Enterprise\r\n\
\r\nHKEY_LOCAL_MACHINE\\SOFTWARE\\Microsoft\\Windows NT\\CurrentVersion\r\n    InstallationType    REG_SZ    Client\r\n\
\r\nHKEY_LOCAL_MACHINE\\SOFTWARE\\Microsoft\\Windows NT\\CurrentVersion\r\n    CurrentMajorVersionNumber    REG_DWORD    0xa\r\n\
\r\nHKEY_LOCAL_MACHINE\\SOFTWARE\\Microsoft\\Windows NT\\CurrentVersion\r\n    CurrentMinorVersionNumber    REG_DWORD    0x0\r\n\
\r\nHKEY_LOCAL_MACHINE\\SYSTEM\\CurrentControlSet\\Services\\Tcpip\\Parameters\r\n    Hostname    REG_SZ    pc-017\r\n\
\r\nHKEY_LOCAL_MACHINE\\SYSTEM\\CurrentControlSet\\Services\\Tcpip\\Parameters\r\n    Domain    REG_SZ    contoso.com\r\n\
\r\nHKEY_LOCAL_MACHINE\\SYSTEM\\CurrentControlSet\\Control\\Session Manager\\Environment\r\n    PROCESSOR_ARCHITECTURE    REG_SZ    AMD64\r\n\
\r\nHKEY_LOCAL_MACHINE\\SYSTEM\\CurrentControlSet\\Control\\SecureBoot\\State\r\n    UEFISecureBootEnabled    REG_DWORD    0x1\r\n\
\r\nHKEY_LOCAL_MACHINE\\SOFTWARE\\Microsoft\\NET Framework Setup\\NDP\\v4\\Full\r\n    Install    REG_DWORD    0x1\r\n    Release    REG_DWORD    0x82348\r\n    Version    REG_SZ    4.8.09032\r\n\
\r\nHKEY_LOCAL_MACHINE\\SOFTWARE\\Microsoft\\NET Framework Setup\\NDP\\v4\\Full\\1033\r\n\
HKEY_LOCAL_MACHINE\\SOFTWARE\\Microsoft\\Windows\\CurrentVersion\\WindowsUpdate\\Auto Update\\RebootRequired\r\n\
\r\nHKEY_LOCAL_MACHINE\\SOFTWARE\\Microsoft\\Windows\\CurrentVersion\\Component Based Servicing\\Packages\\Package_for_KB5029921~31bf3856ad364e35~amd64~~1.0\r\n    CurrentState    REG_DWORD    0x50\r\n\
\r\nHKEY_LOCAL_MACHINE\\SOFTWARE\\Microsoft\\Windows\\CurrentVersion\\Component Based Servicing\\Packages\\Package_for_KB5031354~31bf3856ad364e35~amd64~~22621.2428.1.9\r\n    CurrentState    REG_DWORD    0x70\r\n\
\r\nSuchvorgang abgeschlossen: 2 \u{dc}bereinstimmung(en) gefunden.\r\n\
\r\nHKEY_LOCAL_MACHINE\\SOFTWARE\\Microsoft\\Windows\\CurrentVersion\\Uninstall\\7-Zip\r\n    DisplayName    REG_SZ    7-Zip 22.01 (x64) K\u{e4}se\r\n    DisplayVersion    REG_SZ    22.01\r\n    EstimatedSize    REG_DWORD    0x15ab\r\n    Publisher    REG_SZ    Igor Pavlov\r\n    UninstallString    REG_EXPAND_SZ    \"C:\\Program Files\\7-Zip\\Uninstall.exe\"\r\n\
\r\nHKEY_LOCAL_MACHINE\\SOFTWARE\\WOW6432Node\\Microsoft\\Windows\\CurrentVersion\\Uninstall\\{90160000}_KB5002820\r\n    DisplayName    REG_SZ    Secure (KB5002820)\r\n";

const SYSTEMINFO: &str = "\r\nHost Name:                 PC-017\r\nOS Name:                   Microsoft Windows 11 Enterprise\r\n\
OS Version:                10.0.22631 N/A Build 22631\r\nOS Configuration:          Member Workstation\r\nSystem Type:               x64-based PC\r\n\
Hotfix(s):                 1 Hotfix(s) Installed.\r\n                           [01]: KB5012170\r\n";

const HOTFIXES: &str = "\r\r\n\r\r\nCSName=PC-017\r\r\nHotFixID=KB5031988\r\r\n\r\r\n\r\r\nCSName=PC-017\r\r\nHotFixID=KB5031354\r\r\n\r\r\n";

/// A console looks into the current folder first, which may be one that all hosts write to.
#[test]
fn the_batch_collector_runs_the_programs_of_windows_alone() {
    let script = script("collect.cmd");
    let lines = script.lines().filter(|line| !line.starts_with("rem"));
    for line in lines {
        for word in line.split(|c| " \t\"'()<>&|".contains(c)) {
            let name = word.trim_end_matches(".exe").trim_end_matches(".com");
            assert!(
                !["chcp", "findstr", "hostname", "reg", "systeminfo", "wmic"].contains(&name),
                "{line}"
            );
        }
    }
}

#[test]
fn answers_of_queries_tell_windows_programs_and_updates() {
    let read = machine(QUERIES);
    assert_eq!(
        line(&read),
        "pc-017.contoso.com 10.0.22631.2601 x64 Client [5002820 5031354] \
         [|Secure (KB5002820)|; Igor Pavlov|7-Zip 22.01 (x64) K\u{e4}se|22.01; \
         Microsoft Corporation|Microsoft .NET Framework 4.8.1|4.8.09032]"
    );
    assert_eq!(
        (read.secure_boot, read.pending_reboot),
        (Some(true), Some(true))
    );
    // A console that has no UTF-8 writes its own code page.
    let bytes: Vec<u8> = QUERIES
        .chars()
        .map(|c| match c {
            '\u{e4}' => 0x84,
            '\u{dc}' => 0x9a,
            c => u8::try_from(c).unwrap(),
        })
        .collect();
    assert!(line(&machine_of(&bytes)).contains("K\u{e4}se"));
}

#[test]
fn the_files_of_the_batch_collector_are_one_machine() {
    // As a folder is read: hotfixes.txt, registry.txt, systeminfo.txt.
    let merged = merged(&[HOTFIXES, QUERIES, SYSTEMINFO]);
    assert_eq!(merged.errors, Vec::<String>::new());
    assert_eq!(merged.machines.len(), 1);
    let told = line(&merged.machines[0].0);
    assert!(
        told.contains("10.0.22631.2601") && told.contains("[5002820 5012170 5031354 5031988]"),
        "{told}"
    );
    assert_eq!(merged.machines[0].1, Vec::<String>::new());
    let other = QUERIES.replace("pc-017", "pc-018");
    let two = crate::merged(&[HOTFIXES, QUERIES, SYSTEMINFO, &other]);
    assert_eq!((two.machines.len(), two.errors.len()), (2, 0), "{two:?}");
    let named = merged_as("pc-017", &[HOTFIXES, QUERIES, SYSTEMINFO]);
    assert_eq!(named.errors, Vec::<String>::new());
}

#[test]
fn answers_that_are_cut_off_or_tell_nothing_are_refused() {
    let told = error(&QUERIES.replace("0xa29", "0x"));
    assert!(
        told.contains("line 7") && told.contains("cut off"),
        "{told}"
    );
    let nothing = "HKEY_LOCAL_MACHINE\\SOFTWARE\\A\r\n    b    REG_SZ    c\r\n";
    assert!(error(nothing).contains("Uninstall"));
    let (windows, _) = QUERIES
        .split_once("\r\nHKEY_LOCAL_MACHINE\\SYSTEM")
        .unwrap();
    let parts = reports(&[windows.as_bytes()]);
    assert!(matches!(parts.as_slice(), [(_, Report::Part(part))] if part.name.is_none()));
}
