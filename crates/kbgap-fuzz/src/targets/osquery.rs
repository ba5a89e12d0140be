//! What osquery sends.

use std::collections::BTreeMap;

use kbgap_inventory::osquery::{
    Change, Entry, Host, Query, Row, Run, Table, machine, read_answers, read_enrollment, read_key,
    read_log,
};

use super::inventory::check_machine;

/// When it came, in seconds since 1970.
const NOW: i64 = 1_700_000_000;

type Tables = BTreeMap<Query, Table>;

pub(super) const BODIES: &[&str] = &[
    r#"{"enroll_secret":"s","host_identifier":"h","platform_type":"2","host_details":{"os_version":{"name":"Microsoft Windows 10 Pro","version":"10.0.19045","build":"19045","platform":"windows"},"osquery_info":{"version":"5.12.1"},"system_info":{"hostname":"PC-1"}}}"#,
    r#"{"node_key":"k","log_type":"result","data":[{"name":"pack_kbgap_kbgap_os_version","hostIdentifier":"h","calendarTime":"x","unixTime":1699999990,"epoch":0,"counter":0,"numerics":false,"action":"snapshot","snapshot":[{"name":"Microsoft Windows 10 Pro","version":"10.0.19045.3448","build":"19045","arch":"64-bit","install_date":""}]},{"name":"pack_kbgap_kbgap_system","unixTime":"1699999990","epoch":0,"counter":1,"action":"added","columns":{"hostname":"PC-1","cpu_type":"x86_64"}},{"name":"pack_kbgap_kbgap_patches","unixTime":1699999990,"diffResults":{"added":[{"hotfix_id":"KB5031354","installed_on":"10/12/2023"}],"removed":[]},"epoch":0,"counter":0}]}"#,
    r#"{"node_key":"k","queries":{"kbgap_registry":[{"key":"HKEY_LOCAL_MACHINE\\SOFTWARE\\Microsoft\\Windows NT\\CurrentVersion","name":"UBR","data":"3448","type":"REG_DWORD"},{"key":"HKEY_LOCAL_MACHINE\\SOFTWARE\\Microsoft\\Windows NT\\CurrentVersion","name":"CurrentBuild","data":"19045","type":"REG_SZ"}],"kbgap_programs":[{"name":"7-Zip","version":"24.09","publisher":"Igor Pavlov"}]},"statuses":{"kbgap_registry":0,"kbgap_programs":0,"kbgap_patches":1},"messages":{"kbgap_patches":"no such table"}}"#,
    r#"{"node_key":"k","log_type":"status","data":[{"severity":"0","message":"m"}]}"#,
];

/// A body, which may be of any route: it is refused in words or understood. To take the last
/// line of a log once more changes no row, and what rows make is a machine as any other.
pub(super) fn body(bytes: &[u8]) {
    let text = String::from_utf8_lossy(bytes);
    drop((read_key(&text), read_enrollment(&text)));
    if let Ok(log) = read_log(&text, NOW) {
        let mut tables = Tables::new();
        for Entry { query, run, change } in log.entries.iter().cloned() {
            tables.entry(query).or_default().apply([(run, change)], NOW);
        }
        check(&tables);
        if let Some(Entry { query, run, change }) = log.entries.last().cloned()
            && let Some(once) = tables.get(&query)
        {
            let mut twice = once.clone();
            twice.apply([(run, change)], NOW);
            assert!(rows(&twice) == rows(once), "a line counts twice");
        }
    }
    if let Ok(answers) = read_answers(&text) {
        let mut tables = Tables::new();
        for (query, rows) in answers.rows {
            let run = Run {
                at: NOW,
                counter: 0,
                epoch: 0,
            };
            let table = tables.entry(query).or_default();
            table.apply([(run, Change::All(rows))], NOW);
        }
        check(&tables);
    }
}

fn rows(table: &Table) -> Option<Vec<&Row>> {
    table.rows().map(Iterator::collect)
}

fn check(tables: &Tables) {
    let host = Host {
        name: Some("pc-1".to_owned()),
        ..Host::default()
    };
    if let Some((machine, _)) = machine(&host, tables) {
        check_machine(&machine);
    }
}
