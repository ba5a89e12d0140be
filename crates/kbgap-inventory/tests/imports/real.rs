//! Every real inventory with one call: what is read of it. The table was written down
//! from the files themselves.

use std::path::PathBuf;

use kbgap_catalog::{Recognised, Release, recognise};
use kbgap_inventory::{Machine, merge, merge_as, read_reports};

use crate::reports;

/// file, Windows, build and revision, KBs (with those that names of programs carry),
/// software
const SCANS: &str = "
    windows_10_1809.json                       Windows 10 Version 1809  17763.503    26   3
    windows_10_1903.json                       Windows 10 Version 1903  18362.592    26   3
    windows_10_20h2.json                       Windows 10 Version 20H2  19042.746    15   354
    windows_10_21h2.json                       Windows 10 Version 21H2  19044.1645   29   6
    windows_11_22h2.json                       Windows 11 Version 22H2  22621.6060   85   6
    windows_11_24h2.json                       Windows 11 Version 24H2  26100.7623   36   4
    windows_7.json                             Windows 7                7601.        214  0
    windows_server_2012_r2.json                Windows Server 2012 R2   9600.21620   93   4
    windows_server_2019.json                   Windows Server 2019      17763.6054   141  2
    windows_server_2022_sql_server_2019.json   Windows Server 2022      20348.3328   74   41
";

/// The same of reports that tell no revision and no software.
const TEXTS: &str = "
    10_1803_x64_pro_it_systeminfo.txt                 Windows 10 Version 1803  17134  10
    10_1809_x64_education_es_systeminfo.txt           Windows 10 Version 1809  17763  9
    10_1809_x64_enterprise_zh-cn_systeminfo.txt       Windows 10 Version 1809  17763  1
    10_21H2_x64_pro_systeminfo.txt                    Windows 10 Version 21H2  19044  7
    10_22H2_x64_enterprise_en-us_systeminfo.txt       Windows 10 Version 22H2  19045  1
    11_23H2_x64_enterprise_systeminfo.txt             Windows 11 Version 23H2  22631  4
    11_24H2_x64_enterprise_systeminfo.txt             Windows 11 Version 24H2  26100  3
    7_sp1_x64_enterprise_fr_systeminfo_cmd.txt        Windows 7                7601   73
    7_sp1_x64_ultimaten_de_systeminfo.txt             Windows 7                7601   242
    8.1_u1_x64_enterprise_en-us_systeminfo.txt        Windows 8.1              9600   6
    srv_2008r2_sp1_x64_standard_en-us_systeminfo.txt  Windows Server 2008 R2   7601   2
    srv_2012r2_x64_standard_ru_systeminfo.txt         Windows Server 2012 R2   9600   7
    srv_2016_1607_datacenter_en-us_systeminfo.txt     Windows Server 2016      14393  5
    srv_2022_systeminfo.txt                           Windows Server 2022      20348  3
";

fn folder(name: &str) -> Option<PathBuf> {
    Some(kbgap_testkit::shared()?.join("data/inventories").join(name))
}

/// The cells of a row, which stand two blanks apart.
fn cells(row: &str) -> Vec<&str> {
    row.split("  ")
        .map(str::trim)
        .filter(|cell| !cell.is_empty())
        .collect()
}

fn title(machine: &Machine) -> &'static str {
    let kind = machine.os.installation_type.unwrap();
    Release::of_build(machine.os.build, kind.is_server())
        .unwrap()
        .title
}

#[test]
fn every_scan() {
    let Some(folder) = folder("vuls-scan") else {
        return;
    };
    let rows: Vec<&str> = SCANS.lines().filter(|row| !row.trim().is_empty()).collect();
    assert_eq!(std::fs::read_dir(&folder).unwrap().count(), rows.len());
    for row in rows {
        let row = cells(row);
        let file = row[0];
        let merged = merge(reports(&[&std::fs::read(folder.join(file)).unwrap()]));
        assert_eq!(merged.errors, Vec::<String>::new(), "{file}");
        let (machine, warnings) = &merged.machines[0];
        let revision = machine
            .os
            .revision
            .map(|r| r.to_string())
            .unwrap_or_default();
        assert_eq!(
            [
                title(machine),
                &format!("{}.{revision}", machine.os.build),
                &machine.installed_kbs.len().to_string(),
                &machine.software.len().to_string()
            ],
            row[1..],
            "{file}"
        );
        assert_eq!(machine.computer_dns_name, file.trim_end_matches(".json"));
        assert!(
            machine.software_reported && machine.seen_at.is_some(),
            "{file}"
        );
        assert_eq!(warnings, &Vec::<String>::new(), "{file}");
    }
}

#[test]
fn every_text() {
    let Some(folder) = folder("systeminfo") else {
        return;
    };
    let rows: Vec<&str> = TEXTS.lines().filter(|row| !row.trim().is_empty()).collect();
    // Two of the files are lists of hotfixes.
    assert_eq!(std::fs::read_dir(&folder).unwrap().count(), rows.len() + 2);
    for row in rows {
        let row = cells(row);
        let merged = merge(reports(&[&std::fs::read(folder.join(row[0])).unwrap()]));
        let (machine, _) = &merged.machines[0];
        assert_eq!(
            [
                title(machine),
                &machine.os.build.to_string(),
                &machine.installed_kbs.len().to_string()
            ],
            row[1..],
            "{}",
            row[0]
        );
    }
}

#[test]
fn the_two_lists_go_with_a_report_of_their_host() {
    let Some(folder) = folder("systeminfo") else {
        return;
    };
    let read = |file: &str| std::fs::read(folder.join(file)).unwrap();
    let russian = [
        read("srv_2012r2_x64_standard_ru_systeminfo.txt"),
        read("srv_2012r2_x64_standard_ru_qfe.txt"),
    ];
    let merged = merge(reports(&[&russian[0], &russian[1]]));
    assert_eq!(merged.errors, Vec::<String>::new());
    assert_eq!(merged.machines[0].0.installed_kbs.len(), 7);
    // The other names no host, so that somebody has to say whose it is.
    let windows_7 = b"Host,OS Version,Type\nw7,6.1.7601,x64\n";
    let list = read("7_sp1_x64_enterprise_en-us_20190305_qfe.txt");
    let merged = merge_as("w7", reports(&[&list, windows_7]));
    assert_eq!(merged.errors, Vec::<String>::new());
    assert_eq!(merged.machines[0].0.installed_kbs.len(), 276);
}

#[test]
fn every_file_that_is_cut_off_is_read_or_refused_in_words() {
    for name in ["vuls-scan", "systeminfo"] {
        let Some(folder) = folder(name) else { return };
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            let bytes = std::fs::read(&path).unwrap();
            // Each position of small files, and of large ones as many.
            let step = (bytes.len() / 2_000).max(1);
            for length in (0..bytes.len()).step_by(step) {
                let Err(error) = read_reports(&bytes[..length]) else {
                    continue;
                };
                let error = error.to_string();
                assert!(
                    error.len() > 5 && error.len() < 600,
                    "{}: {error}",
                    path.display()
                );
            }
        }
    }
}

#[test]
fn files_with_a_byte_changed_or_two_in_one_never_panic_and_refuse_in_words() {
    let mut files = Vec::new();
    for name in ["vuls-scan", "systeminfo"] {
        let Some(folder) = folder(name) else {
            return;
        };
        for entry in std::fs::read_dir(folder).unwrap() {
            files.push(std::fs::read(entry.unwrap().path()).unwrap());
        }
    }
    let read = |bytes: &[u8]| match read_reports(bytes) {
        Ok(reports) => {
            let reports = reports.into_iter().flatten().map(|r| (String::new(), r));
            let _ = merge(reports.collect());
        }
        Err(error) => assert!((5..600).contains(&error.to_string().len()), "{error}"),
    };
    // The same numbers each time.
    let mut state = 1_u64;
    let mut draw = |below: usize| {
        state = state
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1);
        usize::try_from(state >> 33).unwrap() % below
    };
    for _ in 0..2_000 {
        let mut bytes = files[draw(files.len())].clone();
        for _ in 0..=draw(3) {
            let at = draw(bytes.len());
            bytes[at] = u8::try_from(draw(256)).unwrap();
        }
        read(&bytes);
    }
    for _ in 0..300 {
        let (one, two) = (&files[draw(files.len())], &files[draw(files.len())]);
        let (end, begin) = (draw(one.len()), draw(two.len()));
        read(&[&one[..end], &two[begin..]].concat());
    }
}

#[test]
fn a_scan_that_is_cut_off_is_never_taken() {
    let Some(folder) = folder("vuls-scan") else {
        return;
    };
    let bytes = std::fs::read(folder.join("windows_11_24h2.json")).unwrap();
    let whole = bytes.trim_ascii_end().len();
    for length in 0..whole {
        assert!(read_reports(&bytes[..length]).is_err(), "{length}");
    }
}

#[test]
fn nearly_every_program_of_the_scans_is_known() {
    let Some(folder) = folder("vuls-scan") else {
        return;
    };
    let mut all = 0;
    let mut unknown = Vec::new();
    let mut software = 0;
    for entry in std::fs::read_dir(folder).unwrap() {
        let bytes = std::fs::read(entry.unwrap().path()).unwrap();
        for (machine, _) in merge(reports(&[&bytes])).machines {
            for program in machine.software.iter() {
                all += 1;
                match recognise(program.vendor, program.name, program.version) {
                    None => unknown.push(program.name.to_owned()),
                    Some(Recognised::Software(_)) => software += 1,
                    Some(Recognised::Part) => {}
                }
            }
        }
    }
    unknown.sort();
    unknown.dedup();
    // Most of the largest list are parts of Visual Studio and its kits.
    assert!(all > 400 && software > 60, "{all} {software}");
    assert!(
        unknown.len() * 50 < all,
        "{} of {all}: {unknown:#?}",
        unknown.len()
    );
}
