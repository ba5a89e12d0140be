//! What other processes change in the store is followed.

use std::time::Duration;

use crate::harness::{TestServer, import_files};

const NEXT: &str = r#"<cvrfdoc>
  <DocumentTitle>April 2020 Security Updates</DocumentTitle>
  <DocumentTracking><Identification><ID>2020-Apr</ID></Identification>
    <CurrentReleaseDate>2020-04-14T07:00:00</CurrentReleaseDate></DocumentTracking>
  <ProductTree><FullProductName ProductID="11713">Windows 10 Version 1909 for x64-based Systems</FullProductName></ProductTree>
  <Vulnerability><CVE>CVE-2020-9999</CVE><Remediations><Remediation Type="Vendor Fix">
    <Description>4549951</Description><ProductID>11713</ProductID><SubType>Security Update</SubType>
  </Remediation></Remediations></Vulnerability>
</cvrfdoc>"#;

#[test]
fn a_feed_that_is_imported_beside_the_running_server() {
    let server = TestServer::start();
    server.fleet(2, "10.0.18363.592");
    let windows = "/api/Software/microsoft-_-windows_10/getmissingkbs";
    assert_eq!(server.get(windows).ids(), ["4551762", "4540673"]);
    let file = server.data_dir().join("2020-Apr.xml");
    std::fs::write(&file, NEXT).unwrap();
    let folder = server.data_dir().to_owned();
    server.run(async move { import_files(&folder, vec![file]) });
    for _ in 0..200 {
        let ids = server.get(windows).ids();
        if ids == ["4551762", "4549951", "4540673"] {
            return;
        }
        std::thread::sleep(Duration::from_millis(50));
    }
    panic!("the new month did not arrive");
}
