//! What a server says that has just been started on the same store.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use serde_json::Value;

use super::world::World;

/// How long history may take, for which nobody waits where other processes report.
const PATIENCE: Duration = Duration::from_secs(20);

/// Compares the server with a fresh one.
pub fn check(world: &mut World, at: &str) {
    let now = world.now();
    let fresh = world.server.beside(now);
    let known = std::mem::replace(&mut world.server.url, fresh.url.clone());
    let start = Instant::now();
    loop {
        let expected = all(world);
        world.server.url.clone_from(&known);
        let told = all(world);
        if told == expected {
            return;
        }
        if start.elapsed() > PATIENCE {
            let differs = told
                .iter()
                .find(|&(path, told)| expected.get(path) != Some(told));
            let (path, told) = differs.unwrap();
            panic!("{at}: {path}: {told:#} is not {:#}", expected[path]);
        }
        std::thread::sleep(Duration::from_millis(100));
        world.server.url.clone_from(&fresh.url);
    }
}

/// All answers for all tenants, by tenant and path.
fn all(world: &World) -> BTreeMap<String, Value> {
    let mut all = BTreeMap::new();
    for tenant in world.tenants() {
        let token = format!(
            "Bearer {}",
            world.server.token_of(&tenant, &kbgap_auth::ROLES, &[])
        );
        let headers = [("Authorization", token.as_str()), ("Host", "kbgap.example")];
        let ask = |path: &str| {
            let answer = world.server.send("GET", path, &headers, b"");
            let mut json = answer.json();
            // When it was computed, and what the log has.
            json.as_object_mut().unwrap().remove("time");
            for row in json["value"].as_array_mut().into_iter().flatten() {
                row.as_object_mut().map(|row| row.remove("time"));
            }
            if let Some(error) = json["error"].as_object_mut() {
                error.remove("target");
            }
            (json, answer.header("etag").map(str::to_owned))
        };
        let mut paths: Vec<String> = [
            "/api/vulnerabilities",
            "/api/vulnerabilities/machinesVulnerabilities",
            "/api/recommendations",
            "/api/exposureScore",
            "/api/exposureScore/ByMachineGroups",
            "/api/machines/SoftwareInventoryByMachine",
            "/api/machines/SoftwareInventoryNoProductCodeByMachine",
            "/api/machines/SoftwareVulnerabilitiesByMachine",
            "/api/machines/findbytag?tag=pilot",
        ]
        .map(str::to_owned)
        .to_vec();
        let ids = |path: &str| -> Vec<String> {
            let (json, _) = ask(path);
            let rows = json["value"].as_array().cloned().unwrap_or_default();
            let ids = rows
                .iter()
                .map(|row| row["id"].as_str().unwrap().to_owned());
            ids.collect()
        };
        for id in ids("/api/Software") {
            let of = format!("/api/Software/{id}");
            paths.push(of.clone());
            for more in [
                "distributions",
                "machineReferences",
                "vulnerabilities",
                "getmissingkbs",
            ] {
                paths.push(format!("{of}/{more}"));
            }
            paths.push(format!("{of}/getmissingkbs?view=effective"));
        }
        for id in ids("/api/machines") {
            let of = format!("/api/machines/{id}");
            paths.push(of.clone());
            for more in [
                "software",
                "vulnerabilities",
                "recommendations",
                "getmissingkbs",
            ] {
                paths.push(format!("{of}/{more}"));
            }
        }
        for path in paths {
            let (mut json, etag) = ask(&path);
            if let Some(etag) = etag {
                json["etag"] = etag.into();
            }
            all.insert(format!("{tenant} {path}"), json);
        }
    }
    all
}
