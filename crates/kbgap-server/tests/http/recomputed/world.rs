//! What happens to a server: random, and the same for the same seed.

use std::time::Instant;

use kbgap_inventory::native;
use kbgap_server::new_machine;
use kbgap_store::sqlite::SqliteStore;
use kbgap_store::{MachineReport, Store};
use serde_json::json;

use crate::exposure::{april, wait};
use crate::harness::{NOW_MS, TestServer, import_files};
use crate::host::{Host, PATCHED, W1903, W1909};

pub const OTHER: &str = "7f3c1e0e-9c1d-4f7b-8a55-0d1f2e3a4b5c";
const MACHINES: u64 = 9;
const NAMES: [&str; 4] = ["Berlin", "Paris", "Rome", ""];
const VERSIONS: [&str; 6] = [
    W1909,
    W1903,
    PATCHED,
    "10.0.18363.719",
    "10.0.17763.1039",
    "10.0.12345.1",
];

pub struct World {
    pub server: TestServer,
    pub started: Instant,
    random: u64,
    /// Minutes of the day that have passed.
    minute: u64,
    imports: u32,
}

impl World {
    pub fn new(server: TestServer, seed: u64) -> Self {
        Self {
            server,
            started: Instant::now(),
            random: seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1,
            minute: 0,
            imports: 0,
        }
    }

    pub fn tenants(&self) -> [String; 2] {
        [self.server.tenant.clone(), OTHER.to_owned()]
    }

    /// What the clock of the server shows, about.
    pub fn now(&self) -> i64 {
        NOW_MS + i64::try_from(self.started.elapsed().as_millis()).unwrap()
    }

    /// Below `end`.
    fn below(&mut self, end: u64) -> u64 {
        self.random ^= self.random << 13;
        self.random ^= self.random >> 7;
        self.random ^= self.random << 17;
        (self.random >> 11) % end
    }

    fn one_of<T: Copy>(&mut self, of: &[T]) -> T {
        of[usize::try_from(self.below(of.len() as u64)).unwrap()]
    }

    fn tenant(&mut self) -> String {
        let tenants = self.tenants();
        tenants[usize::from(self.below(4) == 0)].clone()
    }

    /// Lets something happen, and tells what.
    pub fn step(&mut self) -> &'static str {
        self.minute += 1;
        match self.below(14) {
            0..=4 => self.check_in(),
            5 => self.by_another_process(),
            6 => {
                self.by_another_process();
                self.check_in();
                "another process reports, and then a machine"
            }
            7 => self.remove(),
            8 | 9 => self.tag(),
            10 => self.value(),
            11 if self.imports < 3 => self.import(),
            12 => self.restart(),
            _ => self.together(),
        }
    }

    fn host(&mut self) -> Host {
        let machine = self.below(MACHINES);
        let version = self.one_of(&VERSIONS);
        let mut host = Host::new(&format!("pc-{}", machine % 7), version)
            .id(&format!("{machine:040x}"))
            .seen(&self.time());
        let group = self.one_of(&NAMES);
        if !group.is_empty() {
            host = host.group(group);
        }
        if self.below(2) == 0 {
            let version = self.one_of(&["80.0.361.54", "80.0.361.66", "99.0.0.0"]);
            host = host.software("Microsoft Corporation", "Microsoft Edge", version);
        }
        if self.below(3) == 0 {
            let version = self.one_of(&["72.0", "73.0"]);
            host = host.software("Mozilla", "Mozilla Firefox", version);
        }
        if self.below(3) == 0 {
            let kb = self.one_of(&["4540673", "4551762", "4549951"]);
            host = host.with("installedKbs", vec![kb]);
        }
        if self.below(4) == 0 {
            host = host.tags(&[self.one_of(&["pilot", "vip"])]);
        }
        host
    }

    /// Mostly now; sometimes earlier than what is known, or long ago.
    fn time(&mut self) -> String {
        let minute = match self.below(8) {
            0 => return "2020-01-10T08:00:00Z".to_owned(),
            1 | 2 => self.below(self.minute + 1),
            _ => self.minute,
        };
        format!("2020-03-24T{:02}:{:02}:00Z", minute / 60, minute % 60)
    }

    fn report(&mut self, hosts: &[Host]) {
        let tenant = self.tenant();
        let lines: Vec<String> = hosts.iter().map(|host| host.0.to_string()).collect();
        let (kind, body) = match self.below(2) {
            0 => ("application/json", format!("[{}]", lines.join(","))),
            _ => ("application/x-ndjson", lines.join("\n")),
        };
        let token = self.server.token_of(&tenant, &["Inventory.Write.All"], &[]);
        let bearer = format!("Bearer {token}");
        let headers = [("Authorization", &*bearer), ("Content-Type", kind)];
        let answer = self
            .server
            .send("POST", "/ingest/v1/machines", &headers, body.as_bytes());
        let accepted = answer.json()["accepted"].as_u64();
        assert_eq!(accepted, Some(hosts.len() as u64), "{}", answer.body);
    }

    fn check_in(&mut self) -> &'static str {
        let count = 1 + self.below(6);
        let hosts: Vec<Host> = (0..count).map(|_| self.host()).collect();
        self.report(&hosts);
        if self.below(3) == 0 {
            // The same once more, a little later.
            self.minute += 1;
            let time = self.time();
            let again = hosts.into_iter().map(|host| host.seen(&time));
            let again: Vec<Host> = again.collect();
            self.report(&again);
        }
        "machines report"
    }

    /// Does something to the store beside the server.
    fn beside<F: Future<Output = ()> + Send>(&self, work: impl FnOnce(SqliteStore) -> F) {
        let path = self.server.data_dir().join("kbgap.db");
        self.server
            .run(async { work(SqliteStore::open(&path).unwrap()).await });
    }

    fn by_another_process(&mut self) -> &'static str {
        let count = 1 + self.below(3);
        let reports: Vec<MachineReport> = (0..count)
            .map(|_| {
                let machine = native::machine(&self.host().0.to_string()).unwrap();
                new_machine(&machine, NOW_MS).unwrap()
            })
            .collect();
        let tenant = self.tenant();
        self.beside(|store| async move {
            store.put_machines(&tenant, reports).await.unwrap();
        });
        self.follow();
        "another process reports"
    }

    fn remove(&mut self) -> &'static str {
        let (tenant, id) = (self.tenant(), format!("{:040x}", self.below(MACHINES)));
        self.beside(|store| async move {
            store.remove_machine(&tenant, &id).await.unwrap();
        });
        self.follow();
        "another process removes a machine"
    }

    /// Has the server look at the store, which it does by itself once a second.
    fn follow(&self) {
        let body = json!({"Value": "nobody", "Action": "Add", "MachineIds": []});
        let path = "/api/machines/AddOrRemoveTagForMultipleMachines";
        let answer = self.server.act("POST", path, &body.to_string());
        assert_eq!(answer.status, 200, "{}", answer.body);
    }

    fn edit(&mut self, path: &str, body: &serde_json::Value) {
        let tenant = self.tenant();
        let token = self.server.token_of(&tenant, &kbgap_auth::ROLES, &[]);
        let path = format!("/api/machines/{:040x}/{path}", self.below(MACHINES));
        let answer = self.server.act_as("POST", &path, &body.to_string(), &token);
        assert!([200, 404].contains(&answer.status), "{}", answer.body);
    }

    fn tag(&mut self) -> &'static str {
        let (tag, action) = (
            self.one_of(&["pilot", "vip", "new"]),
            self.one_of(&["Add", "Remove"]),
        );
        self.edit("tags", &json!({"Value": tag, "Action": action}));
        "somebody tags a machine"
    }

    fn value(&mut self) -> &'static str {
        let value = self.one_of(&["Low", "Normal", "High"]);
        self.edit("setDeviceValue", &json!({"DeviceValue": value}));
        "somebody values a machine"
    }

    fn import(&mut self) -> &'static str {
        self.imports += 1;
        let kb = 4_549_950 + self.imports;
        let text = april(13 + self.imports, kb);
        let file = self.server.data_dir().join("2020-Apr.xml");
        std::fs::write(&file, text).unwrap();
        let folder = self.server.data_dir().to_owned();
        self.server
            .run(async move { import_files(&folder, vec![file]) });
        let windows = "/api/Software/microsoft-_-windows_10/getmissingkbs";
        // Some machine has to miss it.
        let host = Host::new("pc-0", W1909)
            .id(&format!("{:040x}", 0))
            .seen("2020-03-25T08:00:00Z");
        self.server.report([host]);
        wait(|| self.server.get(windows).ids().contains(&kb.to_string()));
        "another process imports a feed"
    }

    fn restart(&mut self) -> &'static str {
        let now = self.now();
        self.server.restart(now);
        "the server is started anew"
    }

    /// Several clients at once, and another process.
    fn together(&mut self) -> &'static str {
        let bodies: Vec<String> = (0..4)
            .map(|_| {
                let lines: Vec<String> = (0..3).map(|_| self.host().0.to_string()).collect();
                lines.join("\n")
            })
            .collect();
        let machine = native::machine(&self.host().0.to_string()).unwrap();
        let report = new_machine(&machine, NOW_MS).unwrap();
        let tenant = self.server.tenant.clone();
        std::thread::scope(|scope| {
            for body in &bodies {
                let server = &self.server;
                scope.spawn(move || {
                    assert_eq!(server.post("/ingest/v1/machines", body).status, 200);
                });
            }
            self.beside(|store| async move {
                store.put_machines(&tenant, vec![report]).await.unwrap();
            });
        });
        self.follow();
        "several report at once"
    }
}
