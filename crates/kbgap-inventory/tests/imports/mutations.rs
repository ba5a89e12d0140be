//! Every real file cut off, changed, mixed up: what comes of it is what the whole file says, or
//! a refusal in words. Which it has to be is said at each test; what nobody could notice
//! (another digit in a number, a list without a count that ends at a line) is left out.

use std::collections::BTreeSet;
use std::path::PathBuf;

use kbgap_inventory::{Machine, Merged, merge, merge_as, read_reports};

struct File {
    name: String,
    bytes: Vec<u8>,
    /// The host, where the file tells all of it.
    machine: Option<Machine>,
}

/// The real files: those of `systeminfo` and lists of hotfixes, then the scans.
fn files() -> Option<Vec<File>> {
    let folder = kbgap_testkit::shared()?.join("data/inventories");
    let mut paths: Vec<PathBuf> = ["systeminfo", "vuls-scan"]
        .iter()
        .flat_map(|name| std::fs::read_dir(folder.join(name)).unwrap())
        .map(|entry| entry.unwrap().path())
        .collect();
    paths.sort();
    let read = |path: PathBuf| {
        let bytes = std::fs::read(&path).unwrap();
        let machine = imported(&bytes)
            .unwrap()
            .machines
            .pop()
            .map(|(machine, _)| machine);
        let name = path.file_name().unwrap().to_str().unwrap().to_owned();
        File {
            name,
            bytes,
            machine,
        }
    };
    Some(paths.into_iter().map(read).collect())
}

/// What a file gives, or the words with which it is refused.
fn imported(bytes: &[u8]) -> Result<Merged, String> {
    let told = |error: String| {
        assert!(
            (5..1_000).contains(&error.len()) && !error.contains(char::is_control),
            "{error:?}"
        );
        error
    };
    let read = read_reports(bytes).map_err(|e| told(e.to_string()))?;
    let mut reports = Vec::new();
    for report in read {
        match report {
            Ok(report) => reports.push(("file".to_owned(), report)),
            Err(error) => drop(told(error.to_string())),
        }
    }
    let merged = merge(reports);
    merged
        .errors
        .iter()
        .for_each(|error| drop(told(error.clone())));
    Ok(merged)
}

fn machines(bytes: &[u8]) -> Vec<Machine> {
    let merged = imported(bytes)
        .map(|merged| merged.machines)
        .unwrap_or_default();
    merged.into_iter().map(|(machine, _)| machine).collect()
}

fn kbs(machine: &Machine) -> BTreeSet<u32> {
    machine
        .installed_kbs
        .iter()
        .map(|kb| kb.id.number())
        .collect()
}

/// What decides about a host, and how it is called.
fn facts(machine: &Machine) -> impl PartialEq + std::fmt::Debug {
    let os = &machine.os;
    (
        machine.computer_dns_name.clone(),
        (
            os.build,
            os.revision,
            os.architecture,
            os.installation_type,
            os.service_pack,
        ),
        kbs(machine),
        machine.software.clone(),
    )
}

/// Asserts that a mutation of a file gives just its host, or nothing; tells which.
fn same_or_refused(file: &File, bytes: &[u8], what: &str) -> bool {
    let found = machines(bytes);
    assert!(
        found.len() <= 1,
        "{} {what}: {} hosts",
        file.name,
        found.len()
    );
    if let Some(found) = found.first() {
        let machine = file
            .machine
            .as_ref()
            .unwrap_or_else(|| panic!("{} {what}: {found:?}", file.name));
        assert_eq!(facts(found), facts(machine), "{} {what}", file.name);
    }
    !found.is_empty()
}

/// Positions all over a file: about so many, and those at the ends.
fn places(length: usize, count: usize) -> impl Iterator<Item = usize> {
    let all = (0..length).step_by((length / count).max(1));
    all.chain(length.saturating_sub(60)..length)
}

/// At its end a file loses updates, or what tells the host: neither may pass for all of it.
#[test]
fn cut_off_at_its_end() {
    for file in files().into_iter().flatten() {
        for length in places(file.bytes.len(), 250) {
            let is_taken =
                same_or_refused(&file, &file.bytes[..length], &format!("up to {length}"));
            // What a systeminfo says of network cards and Hyper-V may be missing.
            let may_be =
                !file.name.ends_with(".json") || length >= file.bytes.trim_ascii_end().len();
            assert!(!is_taken || may_be, "{} up to {length}", file.name);
        }
    }
}

/// Without its beginning a file does not tell the host, or not its name: a part of a name must
/// not become one.
#[test]
fn cut_off_at_its_beginning() {
    for file in files().into_iter().flatten() {
        let label = file
            .machine
            .as_ref()
            .map(|machine| machine.computer_dns_name.clone());
        for length in places(file.bytes.len(), 80) {
            for machine in machines(&file.bytes[length..]) {
                assert_eq!(
                    Some(&machine.computer_dns_name),
                    label.as_ref(),
                    "{} from {length}",
                    file.name
                );
            }
        }
    }
}

/// A piece that is missing inside of a text: updates may be among it, and are counted.
#[test]
fn with_a_hole() {
    for file in files()
        .into_iter()
        .flatten()
        .filter(|f| f.name.ends_with("systeminfo.txt"))
    {
        let Some(all) = file.machine.as_ref().map(kbs) else {
            continue;
        };
        for at in places(file.bytes.len(), 60) {
            for length in [1, 2, 40, 400, 4_000] {
                let rest = file.bytes.get(at + length..).unwrap_or_default();
                let holed = [&file.bytes[..at], rest].concat();
                for (found, warnings) in imported(&holed).unwrap_or_default().machines {
                    // One digit less is another number, and nobody could tell.
                    let found = kbs(&found);
                    let what = format!("{} {at} {length}: {}", file.name, found.len());
                    assert!(found.len() == all.len() || !warnings.is_empty(), "{what}");
                    // An entry may be another word now. Long lists are cut by systeminfo itself,
                    // and none at all may be right.
                    let may_be = all.len() > 100 || found.is_empty();
                    assert!(found.len() + 1 >= all.len() || may_be, "{what}");
                }
            }
        }
    }
}

/// Two files in one: both hosts, or one and a refusal of the other, or a refusal; never one host
/// with what the other said, and never one of them in silence.
#[test]
fn one_after_the_other() {
    let files = files().unwrap_or_default();
    for one in &files {
        for two in files.iter().step_by(4) {
            let end = if one.bytes.starts_with(&[0xff, 0xfe]) {
                &b"\n\0"[..]
            } else {
                b"\n"
            };
            let both = [&one.bytes[..], end, &two.bytes].concat();
            let Ok(merged) = imported(&both) else {
                continue;
            };
            let what = format!("{} {}", one.name, two.name);
            let own: Vec<_> = [one, two]
                .iter()
                .filter_map(|file| file.machine.as_ref())
                .collect();
            let names: BTreeSet<_> = own.iter().map(|m| &m.computer_dns_name).collect();
            let is_told = !merged.errors.is_empty();
            let machines = merged.machines.iter();
            let found: BTreeSet<_> = machines.map(|(m, _)| &m.computer_dns_name).collect();
            assert!(is_told || found == names, "{what}: {found:?}");
            for (found, _) in merged.machines {
                // A list that names no host goes with the only host in its file.
                let of_both: BTreeSet<u32> = own.iter().flat_map(|machine| kbs(machine)).collect();
                let is_own = own.iter().any(|machine| facts(machine) == facts(&found));
                let has_list = own.len() < 2;
                assert!(
                    is_own || has_list && of_both.is_subset(&kbs(&found)),
                    "{what}: {found:?}"
                );
            }
        }
    }
}

/// The beginning of one file and the end of another: a host has the updates of one of them
/// alone, or it is told.
#[test]
fn spliced() {
    let files = files().unwrap_or_default();
    let texts: Vec<&File> = files
        .iter()
        .filter(|f| f.name.ends_with("systeminfo.txt"))
        .collect();
    for one in &texts {
        for two in &texts {
            let Some((a, b)) = one.machine.as_ref().zip(two.machine.as_ref()) else {
                continue;
            };
            for place in 1..9 {
                let (end, begin) = (one.bytes.len() * place / 9, two.bytes.len() * place / 9);
                for (found, _) in imported(&[&one.bytes[..end], &two.bytes[begin..]].concat())
                    .unwrap_or_default()
                    .machines
                {
                    let (found, a, b) = (kbs(&found), kbs(a), kbs(b));
                    // A number may be made of both, where one ends and the other begins.
                    let of = |all: &BTreeSet<u32>| found.difference(all).count() <= 1;
                    let is_one = of(&a) || of(&b);
                    assert!(is_one, "{} {} {place}: {found:?}", one.name, two.name);
                }
            }
        }
    }
}

/// In another encoding from the middle on: the rest cannot be read, so that it must not look
/// like a shorter report.
#[test]
fn in_two_encodings() {
    for file in files().into_iter().flatten() {
        let wide = |bytes: &[u8]| {
            bytes
                .iter()
                .flat_map(|byte| [*byte, 0])
                .collect::<Vec<u8>>()
        };
        for place in 1..10 {
            let at = (file.bytes.len() * place / 10) & !1;
            let (head, tail) = file.bytes.split_at(at);
            same_or_refused(
                &file,
                &[head, &wide(tail)].concat(),
                &format!("UTF-16 from {at}"),
            );
            same_or_refused(
                &file,
                &[&[0xff, 0xfe], &wide(head)[..], tail].concat(),
                &format!("UTF-16 up to {at}"),
            );
            same_or_refused(
                &file,
                &[head, b"\0\0\0\0", tail].concat(),
                &format!("zeros at {at}"),
            );
        }
    }
}

/// Numbers beyond all bounds: no number of a KB, no build and no count is one.
#[test]
fn with_huge_numbers() {
    for file in files().into_iter().flatten() {
        let digits =
            |at: &usize| file.bytes[*at].is_ascii_digit() && !file.bytes[at - 1].is_ascii_digit();
        let starts: Vec<usize> = (1..file.bytes.len()).filter(digits).collect();
        // Those of the texts count; a scan has thousands that are passed over.
        for at in starts.iter().step_by((starts.len() / 60).max(1)) {
            let huge = [
                &file.bytes[..*at],
                b"99999999999999999999",
                &file.bytes[*at..],
            ]
            .concat();
            for machine in machines(&huge) {
                let all = file.machine.as_ref().map(kbs).unwrap_or_default();
                assert_eq!(kbs(&machine), all, "{} at {at}", file.name);
            }
        }
    }
}

/// A list that names no host and counts nothing: cut off it has a part of its updates and no
/// others.
#[test]
fn lists_cut_off_have_no_number_that_is_none() {
    let version = read_reports(b"Host,OS Version,Type\nw7,6.1.7601,x64\n")
        .unwrap()
        .remove(0)
        .unwrap();
    for file in files()
        .into_iter()
        .flatten()
        .filter(|file| file.name.ends_with("qfe.txt"))
    {
        let list = |bytes: &[u8]| {
            let reports = read_reports(bytes)
                .ok()?
                .into_iter()
                .map(|report| report.unwrap());
            let reports = reports
                .chain([version.clone()])
                .map(|report| ("file".to_owned(), report));
            let name = if file.name.contains("_ru_") {
                "DC"
            } else {
                "w7"
            };
            let mut merged = merge_as(
                name,
                reports
                    .filter(|(_, r)| {
                        name == "w7" || !matches!(r, kbgap_inventory::Report::Machine { .. })
                    })
                    .collect(),
            );
            merged.machines.pop().map(|(machine, _)| kbs(&machine))
        };
        let Some(all) = list(&file.bytes) else {
            continue;
        };
        for length in places(file.bytes.len(), 150) {
            let found = list(&file.bytes[..length]).unwrap_or_default();
            assert!(
                found.is_subset(&all),
                "{} up to {length}: {:?}",
                file.name,
                found.difference(&all)
            );
        }
    }
}
