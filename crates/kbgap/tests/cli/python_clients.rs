//! Public Python clients of the original service, unmodified, against the binary
//! with TLS. They are installed once, from PyPI, into the target folder; where that
//! cannot be done the tests are passed over, except with `CI=true`.

use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use kbgap_testkit::skipped;

use crate::harness::{file, kbgap, sample_feed};
use crate::served::Served;

const REQUIREMENTS: &str = include_str!("../python/requirements.txt");

/// Every role that a client here asks for.
const ROLES: [&str; 5] = [
    "Software.Read.All",
    "Machine.Read.All",
    "Vulnerability.Read.All",
    "SecurityRecommendation.Read.All",
    "Score.Read.All",
];

/// The Python of the clients' environment; `None` where there can be none.
fn python() -> Option<PathBuf> {
    environment()
        .map_err(|reason| skipped(&format!("no Python clients: {reason}")))
        .ok()
}

/// Makes the environment where there is none for these requirements.
fn environment() -> Result<PathBuf, String> {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("python-clients");
    fs::create_dir_all(&folder).map_err(|e| e.to_string())?;
    // Test processes run beside one another; one of them makes it.
    let lock = File::create(folder.join("lock")).map_err(|e| e.to_string())?;
    lock.lock().map_err(|e| e.to_string())?;
    let (environment, made_for) = (folder.join("venv"), folder.join("made-for.txt"));
    let python = environment.join("bin/python");
    if fs::read_to_string(&made_for).is_ok_and(|made| made == REQUIREMENTS) && python.exists() {
        return Ok(python);
    }
    drop(fs::remove_file(&made_for));
    run(Command::new("python3")
        .args(["-m", "venv", "--clear"])
        .arg(&environment))?;
    let requirements = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/python/requirements.txt");
    run(Command::new(&python)
        .args([
            "-m",
            "pip",
            "install",
            "--quiet",
            "--only-binary",
            ":all:",
            "-r",
        ])
        .arg(requirements))?;
    fs::write(made_for, REQUIREMENTS).map_err(|e| e.to_string())?;
    Ok(python)
}

fn run(command: &mut Command) -> Result<(), String> {
    let output = command
        .output()
        .map_err(|e| format!("{:?}: {e}", command.get_program()))?;
    if output.status.success() {
        return Ok(());
    }
    let (told, failed) = texts(&output);
    Err(format!("{command:?} failed: {told}{failed}"))
}

fn texts(output: &Output) -> (String, String) {
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    (text(&output.stdout), text(&output.stderr))
}

/// A served machine that misses the updates of March 2020, and an application.
struct Setting {
    python: PathBuf,
    served: Served,
    app: serde_json::Value,
    data: tempfile::TempDir,
}

impl Setting {
    fn new() -> Option<Self> {
        let python = python()?;
        let data = sample_feed();
        let machine = serde_json::json!({
            "computerDnsName": "pc-017.contoso.com",
            "os": {"platform": "Windows10", "version": "10.0.18363.592", "architecture": "x64"},
            "seenAt": jiff::Timestamp::now().to_string(),
        });
        let machine = file(data.path(), "machine.json", &machine.to_string());
        kbgap(data.path(), &["machine", "import", &machine]).ok();
        let mut create = vec!["app", "create", "clients", "--format", "json"];
        create.extend(ROLES.iter().flat_map(|role| ["--role", role]));
        let app = kbgap(data.path(), &create).ok().json();
        let served = Served::with_tls(data.path());
        Some(Self {
            python,
            served,
            app,
            data,
        })
    }

    fn app(&self, field: &str) -> &str {
        self.app[field].as_str().unwrap()
    }

    fn script(&self, name: &str) -> Command {
        let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/python");
        let mut command = Command::new(&self.python);
        command
            .arg(script.join(name))
            .current_dir(self.data.path())
            .env("KBGAP_URL", &self.served.url)
            .env("TENANT_ID", self.app("tenantId"))
            .env("CLIENT_ID", self.app("clientId"))
            .env("CLIENT_SECRET", self.app("clientSecret"))
            .env("REQUESTS_CA_BUNDLE", &self.served.authority)
            // A proxy of the machine does not know the server of the test.
            .env("NO_PROXY", "127.0.0.1");
        command
    }

    /// A command of `check_msdefender`: its exit code, and what it printed.
    fn check(&self, config: &str, args: &[&str]) -> (i32, String) {
        let output = self
            .script("check_msdefender_here.py")
            .args(args)
            .args(["--config", config])
            .output()
            .unwrap();
        let (told, failed) = texts(&output);
        (output.status.code().unwrap(), told + &failed)
    }

    fn check_config(&self, secret: &str) -> String {
        let text = format!(
            "[auth]\ntenant_id = {}\nclient_id = {}\nclient_secret = {secret}\n",
            self.app("tenantId"),
            self.app("clientId")
        );
        file(self.data.path(), "check_msdefender.ini", &text)
    }
}

#[test]
fn msal_and_azure_identity_get_tokens_that_open_the_api() {
    let Some(setting) = Setting::new() else {
        return;
    };
    let output = setting.script("tokens.py").output().unwrap();
    let (told, failed) = texts(&output);
    assert!(output.status.success(), "{told}{failed}");
    let lines: Vec<&str> = told.lines().collect();
    let four_scopes = ["msal-authority 4540673", "azure-identity 4540673"].repeat(4);
    assert_eq!(lines[..8], four_scopes, "{told}");
    assert_eq!(
        lines[8..],
        [
            "msal-instance 4540673",
            "msal-organizations 4540673",
            "msal-oidc 4540673",
            "msal-oidc/v2.0 4540673",
            "msal-wrong-secret invalid_client [7000215]",
            "unknown-tenant refused",
        ]
    );
}

/// What a command of `check_msdefender` ends with and says.
struct Row {
    /// A wrong secret instead of the application's own.
    secret: Option<&'static str>,
    args: &'static [&'static str],
    code: i32,
    says: &'static [&'static str],
}

const HOST: &str = "pc-017.contoso.com";

const COMMANDS: &[Row] = &[
    Row {
        secret: None,
        args: &["lastseen", "-d", HOST],
        code: 0,
        says: &["DEFENDER OK", "pc-017.contoso.com - Last seen 0 days ago"],
    },
    Row {
        secret: None,
        args: &["lastseen", "-i", HOST],
        code: 0,
        says: &["pc-017.contoso.com - Last seen 0 days ago"],
    },
    Row {
        secret: None,
        args: &["lastseen", "-d", "nobody"],
        code: 3,
        says: &["UNKNOWN: Machine not found with DNS name: nobody"],
    },
    Row {
        secret: None,
        args: &["detail", "-d", HOST],
        code: 0,
        says: &[
            "DEFENDER OK - Machine ID: ",
            "Computer Name: pc-017.contoso.com",
            "OS Platform: Windows10",
            "Health Status: Active",
        ],
    },
    Row {
        secret: None,
        args: &["onboarding", "-d", HOST],
        code: 0,
        says: &["DEFENDER OK", "Fully onboarded"],
    },
    // All of the sample month, of Windows, Edge and Internet Explorer.
    Row {
        secret: None,
        args: &["vulnerabilities", "-d", HOST],
        code: 2,
        says: &[
            "DEFENDER CRITICAL",
            "Vulnerabilities: 96, score: ",
            "CVE-2020-0796: ",
        ],
    },
    Row {
        secret: None,
        args: &["products", "-d", HOST],
        code: 2,
        says: &[
            "DEFENDER CRITICAL - 3 vulnerable products",
            "windows_10 10.0.18363.592 (microsoft)",
        ],
    },
    Row {
        secret: None,
        args: &["machines"],
        code: 0,
        says: &[
            "Total machines: 1",
            "pc-017.contoso.com (Windows10) \u{2713}",
        ],
    },
    // What the server has no data on is never shown as all clear.
    Row {
        secret: None,
        args: &["alerts", "-d", HOST],
        code: 3,
        says: &["UNKNOWN: MS Defender API 403 Forbidden after 1 attempt: GET "],
    },
    // Its user is told why a wrong secret is wrong.
    Row {
        secret: Some("not-the-secret"),
        args: &["machines"],
        code: 3,
        says: &["UNKNOWN: ", "AADSTS7000215"],
    },
    Row {
        secret: None,
        args: &["machines"],
        code: 0,
        says: &["Total machines: 1", "pc-017.contoso.com (Windows10)"],
    },
    Row {
        secret: None,
        args: &["lastseen", "-d", "PC-017.contoso.com"],
        code: 0,
        says: &["DEFENDER OK", "Last seen 0 days ago"],
    },
    Row {
        secret: None,
        args: &["onboarding", "-d", "pc-017.contoso.com"],
        code: 0,
        says: &["Fully onboarded"],
    },
    Row {
        secret: None,
        args: &["vulnerabilities", "-d", "pc-017.contoso.com"],
        code: 2,
        says: &["Vulnerabilities: 96,", "CVE-2020-0796"],
    },
    Row {
        secret: None,
        args: &["products", "-d", "pc-017.contoso.com"],
        code: 2,
        says: &[
            "3 vulnerable products",
            "windows_10 10.0.18363.592 (microsoft)",
        ],
    },
    Row {
        secret: None,
        args: &["detail", "-d", "pc-017.contoso.com"],
        code: 0,
        says: &[
            "Computer Name: pc-017.contoso.com",
            "OS Platform: Windows10",
        ],
    },
    // There is no data on alerts, which must not read as none.
    Row {
        secret: None,
        args: &["alerts", "-d", "pc-017.contoso.com"],
        code: 3,
        says: &["403 Forbidden"],
    },
    Row {
        secret: None,
        args: &["lastseen", "-d", "nobody"],
        code: 3,
        says: &["Machine not found"],
    },
];

#[test]
fn check_msdefender_runs_unmodified() {
    let Some(setting) = Setting::new() else {
        return;
    };
    for row in COMMANDS {
        let secret = row.secret.unwrap_or(setting.app("clientSecret"));
        let config = setting.check_config(secret);
        let (code, told) = setting.check(&config, row.args);
        assert_eq!(code, row.code, "{:?}: {told}", row.args);
        for words in row.says {
            assert!(
                told.contains(words),
                "{:?} lacks `{words}`: {told}",
                row.args
            );
        }
        assert!(!told.contains(secret), "{told}");
    }
}
