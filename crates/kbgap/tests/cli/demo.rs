//! `kbgap demo`, as in the README.

use std::io::{BufRead, BufReader, Write};
use std::net::TcpStream;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use crate::harness::command;

struct Demo {
    child: Child,
    address: String,
    token: String,
    client: [String; 3],
    temporary: tempfile::TempDir,
}

impl Demo {
    fn start() -> Self {
        Self::start_by(&[])
    }

    /// Starts it by another program, which runs it in its own place.
    fn start_by(starter: &[&str]) -> Self {
        let temporary = tempfile::tempdir().unwrap();
        let words = [
            env!("CARGO_BIN_EXE_kbgap"),
            "demo",
            "--listen",
            "127.0.0.1:0",
        ];
        let words: Vec<&str> = starter.iter().chain(&words).copied().collect();
        let mut child = Command::new(words[0])
            .args(&words[1..])
            .env("TMPDIR", temporary.path())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut lines = BufReader::new(child.stdout.take().unwrap())
            .lines()
            .map(Result::unwrap);
        let mut after = |label: &str| {
            let line = lines.find(|line| line.starts_with(label)).unwrap();
            line[label.len()..].trim().to_owned()
        };
        let address = after("address:");
        let client = [
            after("tenant id:"),
            after("client id:"),
            after("client secret:"),
        ];
        after("token:");
        let token = lines.next().unwrap();
        assert!(lines.any(|line| line.starts_with("curl -H") && line.contains("getmissingkbs")));
        Self {
            child,
            address,
            token,
            client,
            temporary,
        }
    }

    fn get(&self, path: &str) -> String {
        let mut response = ureq::get(format!("{}{path}", self.address))
            .header("Authorization", format!("Bearer {}", self.token))
            .call()
            .unwrap();
        response.body_mut().read_to_string().unwrap()
    }

    fn post(&self, version: &str, seen_at: &str) {
        let machine = serde_json::json!({
            "computerDnsName": "one-more",
            "os": {"platform": "Windows10", "version": version, "architecture": "x64"},
            "seenAt": seen_at,
        });
        let answer = ureq::post(format!("{}/ingest/v1/machines", self.address))
            .header("Authorization", format!("Bearer {}", self.token))
            .send(machine.to_string())
            .unwrap();
        assert_eq!(answer.status(), 200);
    }
}

impl Drop for Demo {
    fn drop(&mut self) {
        // It has ended by itself where the test came to its end.
        drop(self.child.kill());
        drop(self.child.wait());
    }
}

#[test]
fn the_demo_answers_as_the_readme_says_and_leaves_nothing_behind() {
    let mut demo = Demo::start();
    let edge = "/api/Software/microsoft-_-edge/getmissingkbs";
    let expected = |missed: u32| {
        format!(
            r#"{{"@odata.context":"{}/api/$metadata#Collection(microsoft.windowsDefenderATP.api.PublicProductFixDto)","value":[{{"id":"4540673","name":"March 2020 Security Updates","productsNames":["edge"],"url":"https://catalog.update.microsoft.com/v7/site/Search.aspx?q=KB4540673","machineMissedOn":{missed},"cveAddressed":14}}]}}"#,
            demo.address
        )
    };
    assert_eq!(demo.get(edge), expected(240));
    demo.post("10.0.18363.592", "2020-03-20T08:00:00Z");
    assert_eq!(demo.get(edge), expected(241));
    demo.post("10.0.18363.720", "2020-03-21T08:00:00Z");
    assert_eq!(demo.get(edge), expected(240));

    // The printed application gets a token that opens the API too.
    let [tenant, id, secret] = &demo.client;
    let form = format!(
        "grant_type=client_credentials&client_id={id}&client_secret={secret}&scope=https%3A%2F%2Fapi.securitycenter.microsoft.com%2F.default"
    );
    let mut answer = ureq::post(format!("{}/{tenant}/oauth2/v2.0/token", demo.address))
        .send(form)
        .unwrap();
    let token: serde_json::Value =
        serde_json::from_str(&answer.body_mut().read_to_string().unwrap()).unwrap();
    demo.token = token["access_token"].as_str().unwrap().to_owned();
    assert_eq!(demo.get(edge), expected(240));

    assert!(entries(demo.temporary.path()) > 0);
    interrupt(&demo.child);
    assert!(demo.child.wait().unwrap().success());
    assert_eq!(
        entries(demo.temporary.path()),
        0,
        "something is left behind"
    );
}

#[test]
fn the_demo_ends_although_a_client_does_not() {
    let mut demo = Demo::start();
    let address = demo.address.trim_start_matches("http://").to_owned();
    let mut half = TcpStream::connect(&address).unwrap();
    half.write_all(b"GET /readyz HTTP/1.1\r\nHo").unwrap();
    let mut slow = TcpStream::connect(&address).unwrap();
    slow.write_all(b"POST /x/oauth2/token HTTP/1.1\r\nHost: x\r\nContent-Length: 9\r\n\r\ng")
        .unwrap();
    // Answered on a connection that came later, so the two are under way by now.
    assert!(demo.get("/readyz").contains("ready"));
    interrupt(&demo.child);
    assert!(demo.child.wait().unwrap().success());
    assert_eq!(entries(demo.temporary.path()), 0);
}

#[test]
fn a_demo_that_is_interrupted_while_it_starts_leaves_nothing_behind() {
    let temporary = tempfile::tempdir().unwrap();
    let mut child = command(temporary.path())
        .env("TMPDIR", temporary.path())
        .args(["demo", "--listen", "127.0.0.1:0"])
        .stdout(Stdio::null())
        .spawn()
        .unwrap();
    while entries(temporary.path()) == 0 {
        std::thread::sleep(Duration::from_millis(1));
    }
    interrupt(&child);
    assert!(child.wait().unwrap().success());
    assert_eq!(entries(temporary.path()), 0);
}

/// What a closed terminal sends; a demo that was started under `nohup` lives on.
#[test]
#[cfg(target_os = "linux")]
fn the_demo_ends_with_its_terminal() {
    let mut demo = Demo::start();
    signal(&demo.child, "-HUP");
    assert!(demo.child.wait().unwrap().success());
    assert_eq!(entries(demo.temporary.path()), 0);

    let mut demo = Demo::start_by(&["nohup"]);
    signal(&demo.child, "-HUP");
    assert!(demo.get("/readyz").contains("ready"));
    interrupt(&demo.child);
    assert!(demo.child.wait().unwrap().success());
    assert_eq!(entries(demo.temporary.path()), 0);
}

fn entries(folder: &Path) -> usize {
    std::fs::read_dir(folder).unwrap().count()
}

/// What Ctrl-C does.
fn interrupt(child: &Child) {
    signal(child, "-INT");
}

fn signal(child: &Child, signal: &str) {
    let kill = Command::new("kill")
        .args([signal, &child.id().to_string()])
        .status();
    assert!(kill.unwrap().success());
}

/// The examples that the README names, against the demo. Each needs a tool that
/// kbgap does not; without it the example is passed over.
#[test]
fn the_examples_run() {
    let demo = Demo::start();
    let [tenant, id, secret] = &demo.client;
    for (tool, script) in [("curl", "ask.sh"), ("python3", "missing_kbs.py")] {
        let there = Command::new(tool).arg("--version").output();
        if !there.is_ok_and(|tool| tool.status.success()) {
            println!("skipped: {script} needs {tool}");
            continue;
        }
        let script = Path::new(env!("CARGO_MANIFEST_DIR"))
            .join("../../examples")
            .join(script);
        let run = Command::new(&script)
            .env("KBGAP_URL", &demo.address)
            .env("TENANT_ID", tenant)
            .env("CLIENT_ID", id)
            .env("CLIENT_SECRET", secret)
            .output()
            .unwrap();
        let (told, failed) = (
            String::from_utf8_lossy(&run.stdout),
            String::from_utf8_lossy(&run.stderr),
        );
        assert!(
            run.status.success() && told.contains("4540673"),
            "{}: {told}{failed}",
            script.display()
        );
    }
}
