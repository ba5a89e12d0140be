//! The page to try the API, in a real browser: Chromium by its chromedriver.

use std::io::{BufRead, BufReader};
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::time::Duration;

use axum::body::Bytes;
use kbgap_testkit::skipped;
use thirtyfour::common::command::By;
use thirtyfour::error::{WebDriverError, WebDriverResult};
use thirtyfour::prelude::ElementQueryable;
use thirtyfour::session::http::{Body, HttpClient};
use thirtyfour::{ChromiumLikeCapabilities, DesiredCapabilities, WebDriver, WebElement};
use ureq::http::{Request, Response};

use crate::harness::TestServer;

const EDGE: &str = "#operations-Software-getSoftwareByIdGetmissingkbs";

/// Ends with the test, however it ends.
struct ChromeDriver {
    child: Child,
    port: String,
}

impl ChromeDriver {
    /// `None`, with a line that says so, where there is none.
    fn start() -> Option<Self> {
        let child = Command::new("chromedriver")
            .arg("--port=0")
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn();
        let Ok(mut child) = child else {
            skipped("no chromedriver: install chromium and chromium-driver");
            return None;
        };
        let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
        let told = lines.find_map(|line| {
            let line = line.unwrap();
            let port = line.split_once("successfully on port ")?.1;
            Some(port.trim_end_matches('.').to_owned())
        });
        let port = told.unwrap();
        Some(Self { child, port })
    }
}

impl Drop for ChromeDriver {
    fn drop(&mut self) {
        drop(self.child.kill());
        drop(self.child.wait());
    }
}

/// Speaks to chromedriver.
#[derive(Clone)]
struct Client(ureq::Agent);

#[async_trait::async_trait]
impl HttpClient for Client {
    async fn send(&self, request: Request<Body<'_>>) -> WebDriverResult<Response<Bytes>> {
        let failed = |e: ureq::Error| WebDriverError::RequestFailed(e.to_string());
        let request = request.map(|body| match body {
            Body::Empty => Vec::new(),
            Body::Json(json) => json.to_string().into_bytes(),
        });
        let (parts, mut body) = self.0.run(request).map_err(failed)?.into_parts();
        let bytes = body.read_to_vec().map_err(failed)?;
        Ok(Response::from_parts(parts, bytes.into()))
    }

    async fn new(&self) -> Arc<dyn HttpClient> {
        Arc::new(self.clone())
    }
}

async fn browser(chrome: &ChromeDriver, profile: &str) -> WebDriver {
    let mut wanted = DesiredCapabilities::chrome();
    for arg in [
        "--headless",
        "--no-sandbox",
        "--disable-gpu",
        "--disable-quic",
        "--disable-dev-shm-usage",
        "--no-first-run",
        "--disable-background-networking",
        "--disable-component-update",
        "--disable-sync",
        "--window-size=1280,2000",
        &format!("--user-data-dir={profile}"),
    ] {
        wanted.add_arg(arg).unwrap();
    }
    let agent = ureq::Agent::config_builder().http_status_as_error(false);
    let url = format!("http://127.0.0.1:{}", chrome.port);
    WebDriver::builder(&url, wanted)
        .client(Client(agent.build().into()))
        .await
        .unwrap()
}

async fn element(within: &WebDriver, css: &str) -> WebElement {
    within
        .query(By::Css(css))
        .wait(Duration::from_secs(20), Duration::from_millis(50))
        .first()
        .await
        .unwrap()
}

async fn click(page: &WebDriver, css: &str) {
    let button = element(page, css).await;
    button.scroll_into_view().await.unwrap();
    button.click().await.unwrap();
}

async fn type_into(page: &WebDriver, css: &str, text: &str) {
    element(page, css).await.send_keys(text).await.unwrap();
}

/// Opens the page anew; the address that it was at names what was open in it.
async fn open(page: &WebDriver, server: &TestServer) {
    page.goto("about:blank").await.unwrap();
    page.goto(format!("{}/api/docs", server.url)).await.unwrap();
}

/// Sends getmissingkbs of Edge: the status and the answer that the page shows.
async fn ask(page: &WebDriver) -> (String, String) {
    click(page, &format!("{EDGE} .opblock-summary-control")).await;
    click(page, &format!("{EDGE} .execute")).await;
    let row = format!("{EDGE} .live-responses-table .response");
    let status = element(page, &format!("{row} .response-col_status")).await;
    let body = element(page, &format!("{row} .highlight-code")).await;
    (status.text().await.unwrap(), body.text().await.unwrap())
}

#[test]
fn missing_kbs_of_edge_with_a_token_and_as_an_application() {
    let Some(chrome) = ChromeDriver::start() else {
        return;
    };
    let server = TestServer::start();
    server.fleet(3, "10.0.18363.592");
    let token = server.token(&["Software.Read.All"], &[]);
    let profile = tempfile::tempdir().unwrap();
    server.run(async {
        let page = browser(&chrome, profile.path().to_str().unwrap()).await;
        page.goto(&server.url).await.unwrap();
        click(&page, "a[href='api/docs']").await;

        let (status, answer) = ask(&page).await;
        assert!(status.starts_with("401"), "{status}: {answer}");

        open(&page, &server).await;
        click(&page, ".btn.authorize").await;
        type_into(&page, "#auth-bearer-value", &token).await;
        click(&page, ".auth-container .btn.authorize").await;
        click(&page, ".close-modal").await;
        let (status, answer) = ask(&page).await;
        assert!(status.starts_with("200"), "{status}: {answer}");
        assert!(
            answer.contains("4540673") && answer.contains("\"machineMissedOn\": 3"),
            "{answer}"
        );

        // The token is gone with the page, and nothing was stored.
        open(&page, &server).await;
        let (status, _) = ask(&page).await;
        assert!(status.starts_with("401"), "{status}");
        let stored = page
            .execute(
                "return localStorage.length + sessionStorage.length + document.cookie.length",
                vec![],
            )
            .await
            .unwrap();
        assert_eq!(stored.json().as_u64(), Some(0));

        open(&page, &server).await;
        click(&page, ".btn.authorize").await;
        type_into(&page, "#client_id_clientCredentials", &server.client_id).await;
        type_into(&page, "#client_secret_clientCredentials", &server.secret).await;
        click(
            &page,
            ".auth-container:has(#client_id_clientCredentials) .btn.authorize",
        )
        .await;
        element(&page, "[aria-label='Remove authorization']").await;
        click(&page, ".close-modal").await;
        let (status, answer) = ask(&page).await;
        assert!(
            status.starts_with("200") && answer.contains("4540673"),
            "{status}: {answer}"
        );
        page.quit().await.unwrap();
    });
}
