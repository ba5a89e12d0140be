//! A host with osquery, in the words of a test.

use std::io::Write;

use kbgap_auth::{ClientSecret, random_guid};
use kbgap_store::sqlite::SqliteStore;
use kbgap_store::{EnrollSecret, NodeStore};
use serde_json::{Value, json};

use crate::harness::{Answer, NOW_MS, TestServer};

pub const NOW: i64 = NOW_MS / 1_000;
const WINDOWS: &str = r"HKEY_LOCAL_MACHINE\SOFTWARE\Microsoft\Windows NT\CurrentVersion";
const TCPIP: &str = r"HKEY_LOCAL_MACHINE\SYSTEM\CurrentControlSet\Services\Tcpip\Parameters";

/// A new secret of a tenant, made by another process as the command line does.
pub fn secret(server: &TestServer, tenant: &str) -> String {
    let secret = ClientSecret::random().unwrap();
    let stored = EnrollSecret {
        tenant: tenant.to_owned(),
        id: random_guid().unwrap(),
        name: "test".to_owned(),
        sha256: secret.sha256(),
        created_at_ms: NOW_MS,
    };
    let path = server.data_dir().join("kbgap.db");
    server.run(async {
        let store = SqliteStore::open(&path).unwrap();
        store.create_enroll_secret(stored).await.unwrap();
    });
    secret.reveal().to_owned()
}

pub fn send(server: &TestServer, path: &str, body: &Value) -> Answer {
    let headers = [
        ("Content-Type", "application/json"),
        ("Accept", "application/json"),
        ("User-Agent", "osquery/5.12.1"),
    ];
    let path = format!("/osquery/v1/{path}");
    server.send("POST", &path, &headers, body.to_string().as_bytes())
}

/// What osquery 5 sends to enroll a host of a platform.
pub fn enrollment(secret: &str, host: &str, platform: &str) -> Value {
    json!({
        "enroll_secret": secret,
        "host_identifier": host,
        "platform_type": if platform == "windows" { "2" } else { "9" },
        "host_details": {
            "os_version": {"_id": "10.0.18363", "arch": "64-bit", "build": "18363", "codename": "Microsoft Windows 10 Enterprise",
                "install_date": "1570000000", "major": "10", "minor": "0", "name": "Microsoft Windows 10 Enterprise",
                "patch": "", "platform": platform, "platform_like": platform, "version": "10.0.18363", "revision": "592"},
            "osquery_info": {"build_distro": "10", "build_platform": "windows", "config_hash": "", "config_valid": "0",
                "extensions": "inactive", "instance_id": "b6f2", "pid": "4711", "platform_mask": "2", "start_time": "1585100000",
                "uuid": host, "version": "5.12.1", "watcher": "-1"},
            "system_info": {"computer_name": "PC-017", "cpu_brand": "x", "hostname": "PC-017", "physical_memory": "1", "uuid": host},
            "platform_info": {"address": "", "date": "", "extra": "", "revision": "", "size": "", "vendor": "Dell Inc.", "version": "1", "volume_size": ""},
        },
    })
}

/// A host that has enrolled.
pub struct Osquery<'s> {
    pub server: &'s TestServer,
    pub key: String,
}

impl<'s> Osquery<'s> {
    pub fn enroll(server: &'s TestServer, secret: &str, host: &str) -> Self {
        Self::of_platform(server, secret, host, "windows")
    }

    pub fn of_platform(server: &'s TestServer, secret: &str, host: &str, platform: &str) -> Self {
        let answer = send(server, "enroll", &enrollment(secret, host, platform));
        assert_eq!(answer.status, 200, "{}", answer.body);
        assert_eq!(answer.json()["node_invalid"], false, "{}", answer.body);
        let key = answer.json()["node_key"].as_str().unwrap().to_owned();
        Self { server, key }
    }

    pub fn ask(&self, path: &str) -> Answer {
        send(self.server, path, &json!({"node_key": self.key}))
    }

    /// The names of what the host is to ask at once.
    pub fn asked(&self) -> Vec<String> {
        let answer = self.ask("distributed/read");
        let queries = answer.json()["queries"].as_object().unwrap().clone();
        queries.into_iter().map(|(name, _)| name).collect()
    }

    fn log_body(&self, lines: &[Value]) -> Value {
        json!({"node_key": self.key, "log_type": "result", "data": lines})
    }

    pub fn log(&self, lines: &[Value]) -> Answer {
        send(self.server, "log", &self.log_body(lines))
    }

    /// The same with `--logger_tls_compress`.
    pub fn log_packed(&self, lines: &[Value]) -> Answer {
        let mut packer = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::default());
        packer
            .write_all(self.log_body(lines).to_string().as_bytes())
            .unwrap();
        let headers = [
            ("Content-Type", "application/json"),
            ("Content-Encoding", "gzip"),
        ];
        self.server.send(
            "POST",
            "/osquery/v1/log",
            &headers,
            &packer.finish().unwrap(),
        )
    }

    /// Logs lines, all of which have to be taken.
    pub fn tell(&self, lines: &[Value]) {
        let answer = self.log(lines);
        assert_eq!((answer.status, answer.body.as_str()), (200, "{}"));
    }
}

/// The names of the tenant's machines.
pub fn machines(server: &TestServer) -> Vec<String> {
    let answer = server.read("/api/machines");
    // Without any it is documented to be not found.
    match answer.status {
        404 => Vec::new(),
        _ => answer.texts("computerDnsName"),
    }
}

/// The software of all machines with its versions, without what is part of Windows.
pub fn software(server: &TestServer) -> Vec<String> {
    let of_windows = ["edge", "internet_explorer", "windows_10"];
    let mut software = Vec::new();
    for export in [
        "SoftwareInventoryByMachine",
        "SoftwareInventoryNoProductCodeByMachine",
    ] {
        for row in server.read(&format!("/api/machines/{export}")).rows() {
            let name = row["softwareName"].as_str().unwrap();
            if !of_windows.contains(&name) {
                let version = row["softwareVersion"].as_str().unwrap_or_default();
                software.push(format!("{name} {version}"));
            }
        }
    }
    software
}

/// What every line has.
fn line(query: &str, at: i64, counter: u64) -> Value {
    json!({"name": format!("pack_kbgap_{query}"), "hostIdentifier": "4C4C4544", "calendarTime": "Wed Mar 25 12:00:00 2020 UTC",
        "unixTime": at, "epoch": 0, "counter": counter, "numerics": false,
        "decorations": {"host_uuid": "4C4C4544", "username": "x"}})
}

pub fn snapshot(query: &str, at: i64, rows: &Value) -> Value {
    let mut line = line(query, at, 0);
    line["snapshot"] = rows.clone();
    line["action"] = "snapshot".into();
    line
}

pub fn event(query: &str, at: i64, counter: u64, action: &str, columns: &Value) -> Value {
    let mut line = line(query, at, counter);
    line["columns"] = columns.clone();
    line["action"] = action.into();
    line
}

pub fn batch(query: &str, at: i64, counter: u64, added: &Value, removed: &Value) -> Value {
    let mut line = line(query, at, counter);
    line["diffResults"] = json!({"removed": removed, "added": added});
    line
}

fn value(key: &str, name: &str, kind: &str, data: &str) -> Value {
    json!({"key": key, "name": name, "type": kind, "data": data})
}

/// The rows of the registry of a host with Windows.
pub fn registry(name: &str, build: &str, revision: u32, kind: &str, product: &str) -> Value {
    json!([
        value(WINDOWS, "CurrentBuild", "REG_SZ", build),
        value(WINDOWS, "UBR", "REG_DWORD", &revision.to_string()),
        value(WINDOWS, "InstallationType", "REG_SZ", kind),
        value(WINDOWS, "ProductName", "REG_SZ", product),
        value(WINDOWS, "EditionID", "REG_SZ", "Enterprise"),
        value(WINDOWS, "DisplayVersion", "REG_SZ", "1909"),
        value(WINDOWS, "CurrentMajorVersionNumber", "REG_DWORD", "10"),
        value(WINDOWS, "CurrentMinorVersionNumber", "REG_DWORD", "0"),
        value(
            WINDOWS,
            "BuildLabEx",
            "REG_SZ",
            "18362.1.amd64fre.19h1_release.190318-1202"
        ),
        value(TCPIP, "NV Hostname", "REG_SZ", name),
        value(TCPIP, "Domain", "REG_SZ", "contoso.com"),
    ])
}

/// Windows 10 1909 with this revision.
pub fn client(name: &str, revision: u32) -> Value {
    registry(name, "18363", revision, "Client", "Windows 10 Enterprise")
}
