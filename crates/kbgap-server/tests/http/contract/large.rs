//! More machines than a page takes, with the documented limits.

use std::collections::BTreeSet;
use std::fmt::Write as _;

use crate::harness::{Shared, TestServer, document};
use crate::host::W1909;

const MACHINES: usize = 10_001;

static FLEET: Shared = Shared::new(|| {
    let server = TestServer::start();
    let mut lines = String::new();
    for i in 0..MACHINES {
        let _ = writeln!(
            lines,
            "{}",
            document(&format!("pc-{i:05}"), W1909, "2020-03-24T08:00:00Z")
        );
    }
    let answer = server.post("/ingest/v1/machines", &lines);
    assert_eq!(answer.json()["accepted"].as_u64(), Some(MACHINES as u64));
    server
});

#[test]
fn a_page_has_as_many_as_documented_and_leads_to_the_rest() {
    let server = FLEET.get();
    let distinct = |rows: Vec<serde_json::Value>| {
        let ids = rows
            .iter()
            .map(|row| row["id"].as_str().unwrap().to_owned());
        ids.collect::<BTreeSet<_>>().len()
    };
    let first = server.read("/api/machines?$select=id");
    assert_eq!(first.rows().len(), 10_000);
    assert_eq!(distinct(server.walk("/api/machines?$select=id")), MACHINES);
    let top = server.read("/api/machines?$top=10000&$select=id");
    assert_eq!(top.rows().len(), 10_000);
    assert!(top.json().get("@odata.nextLink").is_none());
    assert_eq!(
        server
            .read("/api/machines?$skip=10000&$select=id")
            .rows()
            .len(),
        1
    );
    assert_eq!(server.read("/api/machines?$skip=20000").rows().len(), 0);
    assert_eq!(
        server.read("/api/machines/$count").body,
        MACHINES.to_string()
    );
    // Lists below one resource have no pages, so that nothing of them is lost.
    let whole = server.read("/api/Software/microsoft-_-edge/machineReferences");
    assert_eq!(distinct(whole.rows()), MACHINES);
    assert!(whole.json().get("@odata.nextLink").is_none());
}

#[test]
fn what_is_far_into_a_long_list_is_there() {
    let server = FLEET.get();
    let path = "/api/vulnerabilities/machinesVulnerabilities";
    let all = MACHINES * 98;
    assert_eq!(server.read(&format!("{path}/$count")).body, all.to_string());
    let last = server.read(&format!("{path}?$skip={}", all - 3));
    assert_eq!(last.rows().len(), 3);
    assert_eq!(server.read(&format!("{path}?$skip={all}")).rows().len(), 0);
    let page = server.read(path);
    assert_eq!(page.rows().len(), 10_000);
    let next = page.json()["@odata.nextLink"].as_str().unwrap().to_owned();
    let second = server.read(server.path_of(&next)).ids();
    assert!(page.ids().last() < second.first());
    // A public client asks in this order; it must not need the memory of all rows.
    let ordered = server.read(&format!("{path}?$orderby=machineId"));
    assert_eq!(ordered.ids(), page.ids());
    assert_eq!(
        server.read(&format!("{path}?$skip=10000&$top=1")).ids(),
        second[..1]
    );
}

#[test]
fn exports_of_many_machines_come_in_several_files() {
    let server = FLEET.get();
    let files = server.read("/api/machines/SoftwareInventoryExport").json();
    let files = files["exportFiles"].as_array().unwrap().len();
    assert_eq!(files, 3);
    let rows = server.walk("/api/machines/SoftwareInventoryByMachine?pageSize=20000");
    assert_eq!(rows.len(), MACHINES * 3);
}
