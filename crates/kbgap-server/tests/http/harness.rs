//! A server of one's own, and words for talking to it.

use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError, Weak};
use std::time::Duration;

use kbgap_auth::{ClientSecret, Grant, Issuer, SigningKey, random_guid};
use kbgap_server::feed::{ImportOptions, import};
use kbgap_server::{Clock, Config, RateLimits, Server, TlsFiles, signing_key};
use kbgap_store::App;
use kbgap_store::sqlite::SqliteStore;
use kbgap_testkit::tls::{Certificate, trusting};
use tokio::runtime::Runtime;
use tokio::sync::oneshot;
use ureq::http::Response;

use crate::host::Host;

/// 25 March 2020, 12:00 UTC.
pub const NOW_MS: i64 = 1_585_137_600_000;
pub const AUDIENCE: &str = "https://api.securitycenter.microsoft.com";

pub struct TestServer {
    pub url: String,
    /// Where the configuration asks for it: the URL of `/metrics`.
    pub metrics: Option<String>,
    pub tenant: String,
    pub client_id: String,
    pub secret: String,
    issuer: Issuer,
    /// Where the server speaks TLS: the file of the authority to trust.
    pub authority: Option<PathBuf>,
    stop: Option<oneshot::Sender<()>>,
    runtime: Option<Runtime>,
    folder: tempfile::TempDir,
}

pub struct Answer {
    pub status: u16,
    pub body: String,
    response: Response<()>,
}

impl Answer {
    pub fn header(&self, name: &str) -> Option<&str> {
        self.response.headers().get(name)?.to_str().ok()
    }

    pub fn json(&self) -> serde_json::Value {
        serde_json::from_str(&self.body).unwrap_or_else(|e| panic!("{e}: {}", self.body))
    }

    pub fn code(&self) -> String {
        self.json()["error"]["code"]
            .as_str()
            .unwrap_or_default()
            .to_owned()
    }

    /// The records of a list.
    pub fn rows(&self) -> Vec<serde_json::Value> {
        let value = self.json()["value"].clone();
        let rows = value.as_array().cloned();
        rows.unwrap_or_else(|| panic!("no list: {}", self.body))
    }

    /// The texts that the records of a list have under a name.
    pub fn texts(&self, name: &str) -> Vec<String> {
        self.rows()
            .iter()
            .map(|row| row[name].as_str().unwrap().to_owned())
            .collect()
    }

    pub fn ids(&self) -> Vec<String> {
        self.texts("id")
    }

    /// The text of the error.
    pub fn message(&self) -> String {
        let json = self.json();
        let error = &json["error"];
        // Those of osquery's routes are a text as a whole.
        let message = error["message"].as_str().or_else(|| error.as_str());
        message.unwrap_or_default().to_owned()
    }
}

impl TestServer {
    /// Without limits of calls, since most tests count other things.
    pub fn start() -> Self {
        Self::with(Config {
            rate_limits: RateLimits::off(),
            ..Config::default()
        })
    }

    pub fn with(config: Config) -> Self {
        Self::with_feed(config, vec![sample()])
    }

    /// With other documents of the feed than the sample month.
    pub fn with_feed(config: Config, files: Vec<PathBuf>) -> Self {
        let config = Config {
            listen: "127.0.0.1:0".into(),
            ..config
        };
        let folder = tempfile::tempdir().unwrap();
        let runtime = Runtime::new().unwrap();
        let (stop, stopped) = oneshot::channel();
        let (url, metrics, tenant, client_id, secret, issuer) = runtime.block_on(async {
            import_files(folder.path(), files);
            let server = Server::start(folder.path(), config.clone(), Clock::set_to(NOW_MS))
                .await
                .unwrap();
            let store = server.store().clone();
            let tenant = store.default_tenant(random_guid().unwrap()).await.unwrap();
            let secret = ClientSecret::random().unwrap();
            let app = App {
                tenant: tenant.clone(),
                client_id: random_guid().unwrap(),
                name: "test".into(),
                secret_sha256: secret.sha256(),
                roles: vec!["Software.Read.All".into(), "Inventory.Write.All".into()],
                created_at_ms: 0,
            };
            store.create_app(app.clone()).await.unwrap();
            let key = SigningKey::from_pkcs8(&signing_key(store.as_ref()).await.unwrap()).unwrap();
            let url = server.url().unwrap();
            let metrics = server.metrics_url().unwrap();
            tokio::spawn(server.run(async {
                let _ = stopped.await;
            }));
            (
                url,
                metrics,
                tenant,
                app.client_id,
                secret.reveal().to_owned(),
                Issuer::new(key, &[]),
            )
        });
        Self {
            url,
            metrics,
            tenant,
            client_id,
            secret,
            issuer,
            authority: None,
            stop: Some(stop),
            runtime: Some(runtime),
            folder,
        }
    }

    /// With TLS, by a certificate for localhost.
    pub fn with_tls(certificate: Certificate) -> Self {
        let mut server = Self::with(Config {
            tls: Some(TlsFiles {
                certificate: certificate.chain,
                private_key: certificate.key,
            }),
            ..Config::default()
        });
        server.authority = Some(certificate.authority);
        server
    }

    fn agent(&self) -> ureq::Agent {
        let config = ureq::Agent::config_builder()
            .http_status_as_error(false)
            .allow_non_standard_methods(true);
        match &self.authority {
            Some(file) => config.tls_config(trusting(file)).build().into(),
            None => config.build().into(),
        }
    }

    /// The server's data folder, for what another process would do to it.
    pub fn data_dir(&self) -> &Path {
        self.folder.path()
    }

    pub fn token(&self, roles: &[&str], scopes: &[&str]) -> String {
        self.token_of(&self.tenant, roles, scopes)
    }

    pub fn token_of(&self, tenant: &str, roles: &[&str], scopes: &[&str]) -> String {
        self.token_of_app(tenant, "test", roles, scopes)
    }

    pub fn token_of_app(
        &self,
        tenant: &str,
        app_id: &str,
        roles: &[&str],
        scopes: &[&str],
    ) -> String {
        let owned = |names: &[&str]| names.iter().map(|n| (*n).to_owned()).collect::<Vec<_>>();
        let (roles, scopes) = (owned(roles), owned(scopes));
        let grant = Grant {
            tenant,
            app_id,
            roles: &roles,
            scopes: &scopes,
            audience: AUDIENCE,
        };
        self.issuer.issue(&grant, Clock::real_seconds()).unwrap()
    }

    pub fn send(&self, method: &str, path: &str, headers: &[(&str, &str)], body: &[u8]) -> Answer {
        // As clients do where somebody typed a blank.
        let url = format!("{}{}", self.url, path.replace(' ', "%20"));
        self.send_to(&url, method, headers, body)
    }

    /// The same, to any URL.
    pub fn send_to(
        &self,
        url: &str,
        method: &str,
        headers: &[(&str, &str)],
        body: &[u8],
    ) -> Answer {
        let agent = self.agent();
        let mut request = ureq::http::Request::builder().method(method).uri(url);
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let request = request.body(body.to_vec()).unwrap();
        // A GET may have a body, which the server has to ignore.
        let request = agent
            .configure_request(request)
            .allow_non_standard_methods(true)
            .build();
        let (parts, mut body) = agent.run(request).unwrap().into_parts();
        let body = body.read_to_string().unwrap_or_default();
        Answer {
            status: parts.status.as_u16(),
            body,
            response: Response::from_parts(parts, ()),
        }
    }

    pub fn get(&self, path: &str) -> Answer {
        self.get_as(path, &self.token(&["Software.Read.All"], &[]))
    }

    pub fn get_as(&self, path: &str, token: &str) -> Answer {
        self.send(
            "GET",
            path,
            &[("Authorization", &format!("Bearer {token}"))],
            b"",
        )
    }

    pub fn post(&self, path: &str, body: &str) -> Answer {
        let token = self.token(&["Inventory.Write.All"], &[]);
        self.send(
            "POST",
            path,
            &[("Authorization", &format!("Bearer {token}"))],
            body.as_bytes(),
        )
    }

    /// A GET with every application permission.
    pub fn read(&self, path: &str) -> Answer {
        self.get_as(path, &self.token(&kbgap_auth::ROLES, &[]))
    }

    /// A request with a body and every application permission.
    pub fn act(&self, method: &str, path: &str, body: &str) -> Answer {
        let token = self.token(&kbgap_auth::ROLES, &[]);
        self.act_as(method, path, body, &token)
    }

    pub fn act_as(&self, method: &str, path: &str, body: &str, token: &str) -> Answer {
        let bearer = format!("Bearer {token}");
        let headers = [
            ("Authorization", bearer.as_str()),
            ("Content-Type", "application/json"),
        ];
        self.send(method, path, &headers, body.as_bytes())
    }

    /// A link to a file of an export as the server would sign it.
    pub fn signed(&self, file: &str, ends: i64) -> String {
        let signed = format!("{file}?se={ends}");
        format!("{signed}&sig={}", self.issuer.sign_link(&signed))
    }

    /// The path of a link, which has to lead to this server.
    pub fn path_of<'a>(&self, link: &'a str) -> &'a str {
        link.strip_prefix(&self.url)
            .unwrap_or_else(|| panic!("{link} leads elsewhere"))
    }

    /// The records of all pages.
    pub fn walk(&self, path: &str) -> Vec<serde_json::Value> {
        let (mut rows, mut path) = (Vec::new(), path.to_owned());
        for _ in 0..1_000 {
            let answer = self.read(&path);
            assert_eq!(answer.status, 200, "{path}: {}", answer.body);
            rows.extend(answer.rows());
            match answer.json()["@odata.nextLink"].as_str() {
                Some(link) => path = self.path_of(link).to_owned(),
                None => return rows,
            }
        }
        panic!("{path} does not end");
    }

    /// Reports machines, all of which have to be accepted.
    pub fn report(&self, hosts: impl IntoIterator<Item = Host>) {
        let lines: Vec<String> = hosts.into_iter().map(|host| host.0.to_string()).collect();
        let answer = self.post("/ingest/v1/machines", &lines.join("\n"));
        let accepted = answer.json()["accepted"].as_u64();
        assert_eq!(accepted, Some(lines.len() as u64), "{}", answer.body);
    }

    /// Reports `count` machines that wait for the updates of March 2020.
    pub fn fleet(&self, count: usize, version: &str) {
        let documents: Vec<_> = (0..count)
            .map(|i| document(&format!("{version}-{i}"), version, "2020-03-24T08:00:00Z"))
            .collect();
        let answer = self.post("/ingest/v1/machines", &format!("[{}]", documents.join(",")));
        assert_eq!(
            (answer.status, answer.json()["accepted"].as_u64()),
            (200, Some(count as u64))
        );
    }
}

/// Another server on the same data, which ends with it.
pub struct Beside {
    pub url: String,
    stop: Option<oneshot::Sender<()>>,
}

impl Drop for Beside {
    fn drop(&mut self) {
        drop(self.stop.take());
    }
}

impl TestServer {
    /// Starts another server on the same data, whose clock shows `now`: it knows nothing
    /// but what is stored.
    pub fn beside(&self, now: i64) -> Beside {
        let config = Config {
            listen: "127.0.0.1:0".into(),
            rate_limits: RateLimits::off(),
            ..Config::default()
        };
        let folder = self.folder.path().to_owned();
        let (stop, stopped) = oneshot::channel();
        let (sender, receiver) = std::sync::mpsc::channel();
        self.run(async move {
            let started = tokio::spawn(async move {
                let clock = Clock::set_to(now);
                Server::start(&folder, config, clock).await.unwrap()
            });
            let started = started.await.unwrap();
            sender.send(started.url().unwrap()).unwrap();
            tokio::spawn(started.run(async {
                let _ = stopped.await;
            }));
        });
        Beside {
            url: receiver.recv().unwrap(),
            stop: Some(stop),
        }
    }

    /// Ends the server and starts another one on the same data.
    pub fn restart(&mut self, now: i64) {
        drop(self.stop.take());
        let mut next = self.beside(now);
        self.stop = next.stop.take();
        self.url.clone_from(&next.url);
    }

    /// Runs something inside the server's runtime.
    pub fn run(&self, work: impl Future<Output = ()>) {
        self.runtime.as_ref().unwrap().block_on(work);
    }
}

impl Drop for TestServer {
    fn drop(&mut self) {
        drop(self.stop.take());
        if let Some(runtime) = self.runtime.take() {
            runtime.shutdown_timeout(Duration::from_secs(2));
        }
    }
}

/// A server for tests that change nothing: it lives as long as one of them runs.
pub struct Shared {
    server: Mutex<Weak<TestServer>>,
    make: fn() -> TestServer,
}

impl Shared {
    pub const fn new(make: fn() -> TestServer) -> Self {
        Self {
            server: Mutex::new(Weak::new()),
            make,
        }
    }

    pub fn get(&self) -> Arc<TestServer> {
        let mut server = self.server.lock().unwrap_or_else(PoisonError::into_inner);
        server.upgrade().unwrap_or_else(|| {
            let made = Arc::new((self.make)());
            *server = Arc::downgrade(&made);
            made
        })
    }
}

/// The sample month.
fn sample() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../kbgap/demo/2020-Mar.xml")
}

/// Imports feed files into a data folder with a handle of its own.
pub fn import_files(folder: &Path, files: Vec<PathBuf>) {
    let quiet = |_: usize, _: usize| {};
    tokio::task::block_in_place(|| {
        let store = SqliteStore::open(&folder.join("kbgap.db")).unwrap();
        let import = import(&store, folder, files, ImportOptions::default(), &quiet);
        tokio::runtime::Handle::current().block_on(import)
    })
    .unwrap();
}

pub fn document(name: &str, version: &str, seen_at: &str) -> String {
    format!(
        r#"{{"computerDnsName":"{name}","os":{{"platform":"Windows10","version":"{version}","architecture":"x64"}},"seenAt":"{seen_at}"}}"#
    )
}
