//! A small fleet whose numbers can be counted by hand. For a client of Windows 10
//! 1909 the sample month has 77 CVEs in Windows that KB4540673 fixes and one that
//! KB4551762 does, 14 in the old Edge and 6 in Internet Explorer; for 1903 there is one
//! less in Windows. Where the new Edge is installed the old one is gone.

use crate::harness::{Shared, TestServer};
use crate::host::{Host, PATCHED, W1903, W1909};

/// The machine that has everything: a group, tags, addresses, more software.
pub const ALPHA: &str = "1e5bc9d7e413ddd7902c2932e418702b84d0cc07";
/// Like it, but for what the report leaves out.
pub const BETA: &str = "2e5bc9d7e413ddd7902c2932e418702b84d0cc07";
/// A 1903.
pub const GAMMA: &str = "3e5bc9d7e413ddd7902c2932e418702b84d0cc07";
/// Has the updates of March 2020.
pub const DELTA: &str = "4e5bc9d7e413ddd7902c2932e418702b84d0cc07";
/// Runs a Windows that nobody knows.
pub const EPSILON: &str = "5e5bc9d7e413ddd7902c2932e418702b84d0cc07";
/// Not seen for more than 30 days.
pub const ZETA: &str = "6e5bc9d7e413ddd7902c2932e418702b84d0cc07";
/// A software without a product code.
pub const HEADTRAX: &str = "contoso-_-headtrax";

/// Shared by all tests that change nothing.
pub static FLEET: Shared = Shared::new(make);

fn make() -> TestServer {
    let server = TestServer::start();
    fill(&server);
    server
}

pub fn fill(server: &TestServer) {
    let network = serde_json::json!([
        {"ipAddress": "10.166.113.46", "macAddress": "8C:EC:4B:89:7E:73", "operationalStatus": "Up", "type": "Ethernet"},
        {"ipAddress": "fe80::1", "operationalStatus": "asleep", "type": "Wi-Fi"},
    ]);
    server.report([
        Host::new("Alpha.contoso.com", W1909)
            .id(ALPHA)
            .group("The-A-Team")
            .tags(&["test tag 1", "pilot"])
            .with("ipAddresses", network)
            .with("lastExternalIpAddress", "167.220.196.71")
            .with("aadDeviceId", "80fe8ff8-2624-418e-9591-41f0491218f9")
            .with("agentVersion", "10.5830.18209.1001")
            .software("Microsoft Corporation", "Microsoft Edge", "80.0.361.66")
            .software("Contoso", "Headtrax", "1.2"),
        Host::new("beta", W1909).id(BETA).group("The-A-Team"),
        Host::new("gamma", W1903).id(GAMMA).group("London"),
        Host::new("delta", PATCHED).id(DELTA),
        Host::new("epsilon", "10.0.12345.1").id(EPSILON).software(
            "Microsoft Corporation",
            "Microsoft Edge",
            "80.0.361.66",
        ),
        Host::new("zeta", W1909)
            .id(ZETA)
            .seen("2020-02-20T08:00:00Z"),
    ]);
}

/// Makes a remediation task for the old Edge and tells its id.
pub fn task(server: &TestServer) -> String {
    let body = r#"{"ProductId":"microsoft-_-edge"}"#;
    let answer = server.act("POST", "/api/remediationTasks", body);
    assert_eq!(answer.status, 201, "{}", answer.body);
    answer.json()["id"].as_str().unwrap().to_owned()
}
