//! Every form that is imported: what is read of it, and what is said where it is wrong.

#![expect(clippy::unwrap_used, reason = "helpers of tests fail by panicking")]

mod imports {
    mod by_hand;
    mod collected;
    mod console;
    mod cyclonedx;
    mod defender;
    mod history;
    mod hostile;
    mod joining;
    mod languages;
    mod limits;
    mod missing;
    mod mutations;
    mod osquery;
    mod real;
    mod registry;
    mod tables;
    mod vuls;
}

use kbgap_inventory::{Machine, Merged, Report, merge, merge_as, read_reports};

/// The reports of texts, each as a file of its own.
fn reports(texts: &[&[u8]]) -> Vec<(String, Report)> {
    let mut reports = Vec::new();
    for (i, bytes) in texts.iter().enumerate() {
        let read = read_reports(bytes)
            .unwrap_or_else(|e| panic!("{e}: {}", String::from_utf8_lossy(bytes)));
        reports.extend(
            read.into_iter()
                .map(|r| (format!("file{}", i + 1), r.unwrap())),
        );
    }
    reports
}

fn merged(texts: &[&str]) -> Merged {
    merge(reports(
        &texts.iter().map(|t| t.as_bytes()).collect::<Vec<_>>(),
    ))
}

fn merged_as(name: &str, texts: &[&str]) -> Merged {
    merge_as(
        name,
        reports(&texts.iter().map(|t| t.as_bytes()).collect::<Vec<_>>()),
    )
}

/// The only machine of a text, which is whole.
fn machine(text: &str) -> Machine {
    machine_of(text.as_bytes())
}

fn machine_of(bytes: &[u8]) -> Machine {
    let mut merged = merge(reports(&[bytes]));
    assert_eq!(merged.errors, Vec::<String>::new());
    assert_eq!(merged.machines.len(), 1, "{merged:?}");
    merged.machines.pop().unwrap().0
}

fn error(text: &str) -> String {
    read_reports(text.as_bytes()).unwrap_err().to_string()
}

/// Name, version, architecture, kind, KBs and software in one line.
fn line(machine: &Machine) -> String {
    let os = &machine.os;
    let kbs: Vec<String> = machine
        .installed_kbs
        .iter()
        .map(|kb| kb.id.to_string())
        .collect();
    let software: Vec<String> = machine
        .software
        .iter()
        .map(|s| format!("{}|{}|{}", s.vendor, s.name, s.version))
        .collect();
    format!(
        "{} {}.{}.{}{} {} {} [{}] [{}]",
        machine.computer_dns_name,
        os.version.0,
        os.version.1,
        os.build,
        os.revision.map(|r| format!(".{r}")).unwrap_or_default(),
        os.architecture
            .map_or_else(|| "?".to_owned(), |a| a.to_string()),
        os.installation_type
            .map_or_else(|| "?".to_owned(), |k| k.to_string()),
        kbs.join(" "),
        software.join("; "),
    )
}

fn utf16(text: &str) -> Vec<u8> {
    let mut bytes = vec![0xff, 0xfe];
    bytes.extend(text.encode_utf16().flat_map(u16::to_le_bytes));
    bytes
}
