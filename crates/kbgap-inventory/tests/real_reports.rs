//! Every real report: what is read of it.

#![expect(clippy::unwrap_used, reason = "helpers of tests fail by panicking")]

use std::path::{Path, PathBuf};

use kbgap_catalog::Architecture;
use kbgap_inventory::{Format, Machine, Part, Report, merge, read_reports};
use proptest::prelude::*;

fn folder() -> Option<PathBuf> {
    Some(kbgap_testkit::shared()?.join("data/inventories/systeminfo"))
}

fn one(file: &Path) -> (Machine, Vec<String>) {
    let mut reports = read_reports(&std::fs::read(file).unwrap())
        .unwrap_or_else(|e| panic!("{}: {e}", file.display()));
    match reports.pop().unwrap().unwrap() {
        Report::Machine {
            machine, warnings, ..
        } => (*machine, warnings),
        other => panic!("{} is no machine: {other:?}", file.display()),
    }
}

/// file, computer name, build, service pack, kind of installation, KBs
const EXPECTED: &str = "
    10_1803_x64_pro_it_systeminfo.txt                        PC044            17134  0  Client  10
    10_1809_x64_education_es_systeminfo.txt                  ...              17763  0  Client  9
    10_1809_x64_enterprise_zh-cn_systeminfo.txt              DESKTOP-0CQH3P2  17763  0  Client  1
    10_21H2_x64_pro_systeminfo.txt                           DESKTOP          19044  0  Client  7
    10_22H2_x64_enterprise_en-us_systeminfo.txt              DESKTOP-92B51CV  19045  0  Client  1
    11_23H2_x64_enterprise_systeminfo.txt                    DESKTOP-JNEKK9U  22631  0  Client  4
    11_24H2_x64_enterprise_systeminfo.txt                    WINXI24H2LTSC    26100  0  Client  3
    7_sp1_x64_enterprise_fr_systeminfo_cmd.txt               WIN-IDKKFN87EL8  7601   1  Client  73
    7_sp1_x64_ultimaten_de_systeminfo.txt                    OLI7-PC          7601   1  Client  242
    8.1_u1_x64_enterprise_en-us_systeminfo.txt               WIN81U1X64       9600   0  Client  6
    srv_2008r2_sp1_x64_standard_en-us_systeminfo.txt         SRV2K8R2SP1X64   7601   1  Server  2
    srv_2012r2_x64_standard_ru_systeminfo.txt                DC               9600   0  Server  7
    srv_2016_1607_datacenter_en-us_systeminfo.txt            MYSERVER         14393  0  Server  5
    srv_2022_systeminfo.txt                                  WIN-RIBN7SM07BK  20348  0  Server  3
";

#[test]
fn every_systeminfo() {
    let Some(folder) = folder() else { return };
    for row in EXPECTED.lines().filter(|line| !line.is_empty()) {
        let [file, host, build, service_pack, kind, kbs] =
            <[&str; 6]>::try_from(row.split_whitespace().collect::<Vec<_>>()).unwrap();
        let (machine, warnings) = one(&folder.join(file));
        let os = &machine.os;
        let read = format!(
            "{} {} {} {:?} {}",
            machine.computer_dns_name,
            os.build,
            os.service_pack.unwrap(),
            os.installation_type.unwrap(),
            machine.installed_kbs.len()
        );
        assert_eq!(
            read,
            [host, build, service_pack, kind, kbs].join(" "),
            "{file}: {warnings:?}"
        );
        assert_eq!(
            (os.revision, os.architecture),
            (None, Some(Architecture::X64)),
            "{file}"
        );
    }
}

#[test]
fn a_hotfix_list_alone_tells_no_windows_version() {
    let Some(folder) = folder() else { return };
    for (file, host, count) in [
        ("7_sp1_x64_enterprise_en-us_20190305_qfe.txt", None, 276),
        ("srv_2012r2_x64_standard_ru_qfe.txt", Some("DC"), 7),
    ] {
        let report = read_reports(&std::fs::read(folder.join(file)).unwrap())
            .unwrap()
            .pop()
            .unwrap()
            .unwrap();
        let Report::Part(list) = report.clone() else {
            panic!("{file} is no list")
        };
        assert_eq!(
            (list.format, list.name.as_deref()),
            (Format::Hotfixes, host),
            "{file}"
        );
        assert_eq!(list.kbs.unwrap().len(), count, "{file}");
        let merged = merge(vec![(file.to_owned(), report)]);
        assert!(
            merged.machines.is_empty() && merged.errors[0].contains("systeminfo"),
            "{:?}",
            merged.errors
        );
    }
}

#[test]
fn a_systeminfo_and_the_hotfix_list_of_the_same_host_go_together() {
    let Some(folder) = folder() else { return };
    let read = |file: &str| {
        let report = read_reports(&std::fs::read(folder.join(file)).unwrap())
            .unwrap()
            .pop()
            .unwrap()
            .unwrap();
        (file.to_owned(), report)
    };
    let (alone, _) = one(&folder.join("srv_2012r2_x64_standard_ru_systeminfo.txt"));
    let merged = merge(vec![
        read("srv_2012r2_x64_standard_ru_qfe.txt"),
        read("srv_2012r2_x64_standard_ru_systeminfo.txt"),
    ]);
    assert_eq!(merged.errors, Vec::<String>::new());
    assert!(merged.machines[0].0.installed_kbs.len() >= alone.installed_kbs.len());
    // The list of another host is not taken.
    let merged = merge(vec![
        read("srv_2012r2_x64_standard_ru_qfe.txt"),
        read("srv_2022_systeminfo.txt"),
    ]);
    assert_eq!(merged.errors.len(), 1);
}

#[test]
fn truncated_reports_never_panic() {
    let Some(folder) = folder() else { return };
    for entry in std::fs::read_dir(folder).unwrap() {
        let bytes = std::fs::read(entry.unwrap().path()).unwrap();
        let step = (bytes.len() / 400).max(1);
        for length in (0..bytes.len()).step_by(step) {
            let _ = read_reports(&bytes[..length]);
            let _ = read_reports(&bytes[length..]);
        }
    }
}

#[test]
fn forms_of_hotfix_lists() {
    for text in [
        "Source        Description      HotFixID      InstalledBy          InstalledOn\n------        -----------      --------      -----------          -----------\nPC1           Security Update  KB5031354     NT AUTHORITY\\SYSTEM  10/12/2023 12:00:00 AM\nPC1           Update           KB5029921     NT AUTHORITY\\SYSTEM  10/12/2023 12:00:00 AM\n",
        "\n\nCSName=PC1\nHotFixID=KB5031354\n\nCSName=PC1\nHotFixID=KB5029921\n",
        "\nNode,Caption,CSName,HotFixID,InstalledOn\nPC1,http://x,PC1,KB5031354,1/1/2024\nPC1,http://x,PC1,KB5029921,1/1/2024\n",
        "HotFixID  \nKB5031354  \nKB5029921  \n",
        "#TYPE Win32_QuickFixEngineering\r\n\"PSComputerName\",\"InstalledOn\",\"HotFixID\"\r\n\"PC1\",\"Monday, October 2, 2023 12:00:00 AM\",\"KB5031354\"\r\n\"PC1\",\"\",\"KB5029921\"\r\n",
        "\"Source\";\"HotFixID\"\n\"PC1\";\"KB5031354\"\n\"PC1\";\"KB5029921\"\n",
        "Source\tHotFixID\nPC1\tKB5031354\nPC1\tKB5029921\n",
        "Source         HotFixID\n------         --------\nAVERYLONGHO... KB5031354\nAVERYLONGHO... KB5029921\n",
    ] {
        let Report::Part(list) = read_reports(text.as_bytes())
            .unwrap()
            .swap_remove(0)
            .unwrap()
        else {
            panic!("{text}")
        };
        assert_eq!(numbers(&list), [5_029_921, 5_031_354], "{text}");
        assert_eq!(list.format, Format::Hotfixes, "{text}");
        assert!(list.name.is_none_or(|host| host == "PC1"), "{text}");
    }
}

fn numbers(part: &Part) -> Vec<u32> {
    let kbs = part.kbs.iter().flatten();
    let mut numbers: Vec<u32> = kbs.map(|kb| kb.id.number()).collect();
    numbers.sort_unstable();
    numbers
}

/// A report in English, as the program writes it.
fn report(host: &str, system_type: &str, kbs: &[&str]) -> String {
    let mut text = format!(
        "\r\nHost Name:     {host}\r\nOS Name:     Microsoft Windows 10 Pro\r\n\
         OS Version:     10.0.19045 N/A Build 19045\r\nOS Manufacturer:     Microsoft Corporation\r\n\
         OS Configuration:     Standalone Workstation\r\nOS Build Type:     Multiprocessor Free\r\n\
         Registered Owner:     x86 team\r\nRegistered Organization:     \r\nProduct ID:     00330\r\n\
         Original Install Date:     1/1/2024, 1:00:00 AM\r\nSystem Boot Time:     1/1/2024, 1:00:00 AM\r\n\
         System Manufacturer:     LENOVO\r\nSystem Model:     20X\r\nSystem Type:     {system_type}\r\n\
         Hotfix(s):     {} Hotfix(s) Installed.\r\n",
        kbs.len()
    );
    for (i, kb) in kbs.iter().enumerate() {
        text.push_str(&format!("               [{:02}]: {kb}\r\n", i + 1));
    }
    text + "Network Card(s):     1 NIC(s) Installed.\r\n"
}

fn machines(text: &str) -> Vec<Machine> {
    let reports = read_reports(text.as_bytes()).unwrap_or_else(|e| panic!("{e}: {text}"));
    reports
        .into_iter()
        .map(|report| match report.unwrap() {
            Report::Machine { machine, .. } => *machine,
            other => panic!("{other:?}: {text}"),
        })
        .collect()
}

#[test]
fn names_that_look_like_an_architecture_are_none() {
    for (host, system_type, architecture) in [
        ("ARM64-LAB", "x64-based PC", Architecture::X64),
        ("PC-X86-01", "ARM64-based PC", Architecture::Arm64),
        ("PC-X64-01", "X86-based PC", Architecture::X86),
    ] {
        let machine = machines(&report(host, system_type, &[])).pop().unwrap();
        assert_eq!(machine.os.architecture, Some(architecture), "{host}");
    }
    // The type is found also where lines above it are missing.
    let short =
        report("PC", "x64-based PC", &[]).replace("System Manufacturer:     LENOVO\r\n", "");
    assert_eq!(machines(&short)[0].os.architecture, Some(Architecture::X64));
}

#[test]
fn several_reports_in_one_text_are_several_hosts() {
    let both = report("A", "x64-based PC", &["KB5031354"])
        + &report("B", "ARM64-based PC", &["KB5029921", "KB5030000"]);
    let read: Vec<_> = machines(&both)
        .into_iter()
        .map(|m| {
            (
                m.computer_dns_name,
                m.os.architecture,
                m.installed_kbs.len(),
            )
        })
        .collect();
    assert_eq!(
        read,
        [
            ("A".to_owned(), Some(Architecture::X64), 1),
            ("B".to_owned(), Some(Architecture::Arm64), 2)
        ]
    );
}

#[test]
fn the_form_for_spreadsheets() {
    let cells = |host: &str| {
        [
            host,
            "Microsoft Windows Server 2019 Standard",
            "10.0.17763 N/A Build 17763",
            "Microsoft Corporation",
            "Member Server",
            "Multiprocessor Free",
            "x86 team",
            "",
            "00429",
            "1/1/2024, 1:00:00 AM",
            "1/1/2024, 1:00:00 AM",
            "VMware, Inc.",
            "VMware7,1",
            "x64-based PC",
            "1 Processor(s) Installed.,[01]: Intel64 Family 6",
            "2 Hotfix(s) Installed.,[01]: KB5031354,[02]: KB5029921",
        ]
        .map(|cell| format!("\"{cell}\""))
        .join(",")
    };
    let header = vec!["\"Label\""; 16].join(",");
    let text = format!("\r\n{header}\r\n{}\r\n{}\r\n", cells("A"), cells("B"));
    let read = machines(&text);
    assert_eq!(read.len(), 2);
    assert_eq!(
        (read[1].computer_dns_name.as_str(), read[1].os.build),
        ("B", 17_763)
    );
    assert_eq!(read[1].os.architecture, Some(Architecture::X64));
    assert_eq!(read[1].installed_kbs.len(), 2);
}

#[test]
fn a_long_list_that_systeminfo_itself_cuts_is_told() {
    let kbs: Vec<String> = (0..200).map(|n| format!("KB{}", 5_000_000 + n)).collect();
    let kbs: Vec<&str> = kbs.iter().map(String::as_str).chain(["File 1"]).collect();
    let text = report("PC", "x64-based PC", &kbs).replace("201 Hotfix", "240 Hotfix");
    let mut read = read_reports(text.as_bytes()).unwrap();
    let Report::Machine { warnings, .. } = read.pop().unwrap().unwrap() else {
        panic!()
    };
    assert_eq!(warnings.len(), 2, "{warnings:?}");
}

/// A report that is cut off must not pass for one with fewer updates.
#[test]
fn a_systeminfo_that_is_not_whole_is_refused() {
    let whole = report(
        "PC",
        "x64-based PC",
        &["KB5031354", "KB5029921", "KB5030000"],
    );
    let cards = whole.find("Network").unwrap();
    let first = whole.find("               [01]").unwrap();
    let last = whole.find("               [03]").unwrap();
    for (text, told) in [
        (
            whole[..last].to_owned(),
            "it counts 3 updates and ends after 2 of them",
        ),
        (whole[..last + 20].to_owned(), "ends after 2 of them"),
        (whole[..last + 27].to_owned(), "its last word is `KB5030`"),
        (whole[..first].to_owned(), "cut off at its list of updates"),
        (
            whole[..first - 20].to_owned(),
            "cut off at its list of updates",
        ),
        (whole.replace("[02]", "[04]"), "has [04] where [02] belongs"),
        (
            whole.replace("3 Hotfix", "4 Hotfix"),
            "counts 4 updates and lists 3, so a part is missing",
        ),
        (
            whole.replace("3 Hotfix", "2 Hotfix"),
            "counts 2 updates and lists 3",
        ),
        (
            whole[..cards].to_owned() + &whole[first - 60..],
            "two lists of updates",
        ),
    ] {
        let error = read_reports(text.as_bytes()).unwrap_err().to_string();
        assert!(error.contains(told), "{told}: {error}");
    }
    // Without the network cards, which people leave out, and with no line break at its end.
    for end in [cards, cards - 2] {
        assert_eq!(machines(&whole[..end])[0].installed_kbs.len(), 3);
    }
}

#[test]
fn a_systeminfo_without_its_list_goes_only_with_a_list() {
    let text = report("PC", "x64-based PC", &["KB5031354"]);
    let cut = &text[..text.find("Hotfix").unwrap()];
    let read = |text: &str| {
        let reports = read_reports(text.as_bytes()).unwrap().into_iter();
        reports
            .map(|report| ("file".to_owned(), report.unwrap()))
            .collect::<Vec<_>>()
    };
    let merged = merge(read(cut));
    assert!(merged.machines.is_empty());
    assert!(
        merged.errors[0].contains("a systeminfo of `PC` without its list of updates"),
        "{merged:?}"
    );
    let merged = merge([read(cut), read("CSName=PC\nHotFixID=KB5029921\n")].concat());
    assert_eq!(merged.errors, Vec::<String>::new());
    assert_eq!(merged.machines[0].0.installed_kbs.len(), 1);
    // A host on which nothing was installed yet.
    let none = cut.to_owned() + "Hotfix(s):     N/A\r\nNetwork Card(s):     N/A\r\n";
    assert_eq!(machines(&none)[0].installed_kbs.len(), 0);
}

/// The last word of a list may be half a number.
#[test]
fn lists_that_end_within_a_number_are_refused() {
    for text in [
        "HotFixID  \r\nKB5031354  \r\nKB50299",
        "HotFixID=KB5031354\r\nHotFixID=KB",
        "Host,OS Version,KBs\na,10.0.19045,\"KB5031354;KB50299",
        "CsName : a\nOsVersion : 10.0.19045\nOsHotFixes : {KB5031354, KB502",
    ] {
        let error = read_reports(text.as_bytes()).unwrap_err().to_string();
        assert!(error.contains("its last word is `KB"), "{text}: {error}");
    }
    for text in ["HotFixID  \r\nKB976902  \r\n", "HotFixID  \r\nKB5031354"] {
        assert!(read_reports(text.as_bytes()).is_ok(), "{text}");
    }
}

#[test]
fn what_is_no_report_is_refused_with_what_was_expected() {
    for bytes in [
        &b"hello"[..],
        b"\x7fELF\x02\x01",
        b"a: b\nc: 10.0.19045\n",
        b"<xml/>",
    ] {
        let error = read_reports(bytes).unwrap_err().to_string();
        assert!(error.contains("systeminfo"), "{error}");
    }
    // It may as well be a list of what is missing.
    let error = read_reports(b"KB5031354\nKB5029921\n").unwrap_err();
    assert!(error.to_string().contains("missing"), "{error}");
    assert!(
        read_reports(b" \n")
            .unwrap_err()
            .to_string()
            .contains("empty")
    );
}

proptest! {
    #[test]
    fn no_bytes_panic(bytes in prop::collection::vec(any::<u8>(), 0..300)) {
        let _ = read_reports(&bytes);
    }
}
