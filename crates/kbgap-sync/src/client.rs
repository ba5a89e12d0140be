//! One request at a time, with limits of time and size.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;
use jiff::fmt::rfc2822;
use rustls::crypto::aws_lc_rs::default_provider;
use ureq::http::{HeaderMap, StatusCode, Uri};
use ureq::tls::{PemItem, RootCerts, TlsConfig, parse_pem};
use ureq::{Agent, Proxy};

use crate::{ClientError, Failure};

/// Where the vendor publishes.
pub const VENDOR: &str = "https://api.msrc.microsoft.com";

/// The path of the API below a base URL.
const API: &str = "/cvrf/v3.0";
/// The vendor's list has 75 kB.
const MAX_INDEX: u64 = 16 << 20;
/// The vendor's largest month has 11 MB.
const MAX_DOCUMENT: u64 = 64 << 20;
const CONNECT: Duration = Duration::from_secs(20);
const FIRST_BYTE: Duration = Duration::from_secs(60);

/// How the server is reached.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ClientOptions {
    /// The URL of the API, as [`base_url`] makes it; of a list that is fetched, its own.
    pub base: String,
    /// The proxy; `None` for what the environment names.
    pub proxy: Option<String>,
    /// A PEM file of the authorities that are trusted instead of the public ones.
    pub ca_file: Option<PathBuf>,
    /// How long a whole answer may take.
    pub timeout: Duration,
}

impl Default for ClientOptions {
    fn default() -> Self {
        Self {
            base: format!("{VENDOR}{API}"),
            proxy: None,
            ca_file: None,
            timeout: Duration::from_secs(600),
        }
    }
}

/// Makes the URL of the API from that of a host or a mirror, which may end with the API's path.
///
/// # Errors
/// What is wrong with it, for people.
pub fn base_url(text: &str) -> Result<String, &'static str> {
    const WRONG: &str = "expected a URL such as https://mirror.example.com";
    let url = text.trim_end_matches('/');
    if !is_web(url) || url.contains('?') {
        return Err(WRONG);
    }
    Ok(if url.ends_with(API) {
        url.to_owned()
    } else {
        format!("{url}{API}")
    })
}

/// Whether a URL names a host of the web, without a password.
pub(crate) fn is_web(url: &str) -> bool {
    let parsed: Result<Uri, _> = url.parse();
    parsed.is_ok_and(|parsed| {
        matches!(scheme(url).as_deref(), Some("http" | "https"))
            && parsed.host().is_some_and(|host| !host.is_empty())
            && !url.contains(['#', '@'])
    })
}

/// The scheme of a URL in lower case: `HTTPS://` is the same as `https://`.
fn scheme(url: &str) -> Option<String> {
    let parsed: Uri = url.parse().ok()?;
    parsed.scheme_str().map(str::to_ascii_lowercase)
}

/// Asks one server. Clones share its connections.
#[derive(Clone, Debug)]
pub struct Client {
    agent: Agent,
    base: String,
}

/// An answer without error.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Answer {
    /// What there is.
    Body(Body),
    /// It is what the caller's ETag names.
    NotModified,
}

/// A whole body.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Body {
    /// The bytes, packed where the server packs.
    pub bytes: Vec<u8>,
    /// The server's name for just these.
    pub etag: Option<String>,
}

impl Client {
    /// A client; nothing is asked yet.
    ///
    /// # Errors
    /// [`ClientError`] for options that cannot be used.
    pub fn new(options: &ClientOptions) -> Result<Self, ClientError> {
        let roots = match &options.ca_file {
            Some(file) => authorities(file)?,
            None => RootCerts::WebPki,
        };
        let tls = TlsConfig::builder()
            .root_certs(roots)
            .unversioned_rustls_crypto_provider(Arc::new(default_provider()))
            .build();
        let proxy = match &options.proxy {
            Some(url) => {
                // What stands before the host may be a password.
                let shown = url.rsplit('@').next().unwrap_or_default();
                Some(Proxy::new(url).map_err(|_| ClientError::Proxy(shown.to_owned()))?)
            }
            None => Proxy::try_from_env(),
        };
        let config = Agent::config_builder()
            .http_status_as_error(false)
            // Who asked over TLS is not to be led away from it.
            .https_only(scheme(&options.base).as_deref() == Some("https"))
            .max_redirects(3)
            .user_agent(concat!("kbgap/", env!("CARGO_PKG_VERSION")))
            .tls_config(tls)
            .proxy(proxy)
            .timeout_connect(Some(CONNECT))
            .timeout_recv_response(Some(FIRST_BYTE))
            .timeout_per_call(Some(options.timeout))
            .build();
        Ok(Self {
            agent: config.into(),
            base: options.base.clone(),
        })
    }

    /// The URL of the API.
    #[must_use]
    pub fn base(&self) -> &str {
        &self.base
    }

    /// The list of documents.
    ///
    /// # Errors
    /// [`Failure`].
    pub fn index(&self, etag: Option<&str>) -> Result<Answer, Failure> {
        let url = format!("{}/updates", self.base);
        self.get(&url, "application/json", "identity", etag, MAX_INDEX)
    }

    /// A document, as XML. The addresses in the list are not used: they lead to the vendor
    /// even from a mirror, and anywhere from a hostile one.
    ///
    /// # Errors
    /// [`Failure`].
    pub fn document(&self, id: &str, etag: Option<&str>) -> Result<Answer, Failure> {
        let url = format!("{}/cvrf/{id}", self.base);
        self.get(&url, "application/xml", "gzip", etag, MAX_DOCUMENT)
    }

    /// What is at the base URL itself, where that is one file.
    ///
    /// # Errors
    /// [`Failure`].
    pub(crate) fn whole(&self, etag: Option<&str>) -> Result<Answer, Failure> {
        // What is packed already is not to be packed once more.
        self.get(&self.base, "*/*", "identity", etag, MAX_DOCUMENT)
    }

    fn get(
        &self,
        url: &str,
        accept: &str,
        encoding: &str,
        etag: Option<&str>,
        limit: u64,
    ) -> Result<Answer, Failure> {
        let mut request = self
            .agent
            .get(url)
            .header("Accept", accept)
            .header("Accept-Encoding", encoding);
        if let Some(etag) = etag {
            request = request.header("If-None-Match", etag);
        }
        let response = request.call().map_err(|e| failure(&e, limit))?;
        let (head, body) = response.into_parts();
        match head.status {
            StatusCode::NOT_MODIFIED if etag.is_some() => return Ok(Answer::NotModified),
            StatusCode::OK => {}
            status => {
                return Err(Failure::Status {
                    status: status.as_u16(),
                    retry_after: retry_after(&head.headers, Timestamp::now()),
                });
            }
        }
        // A name that is kept has to fit into the next request.
        let etag = head
            .headers
            .get("ETag")
            .and_then(|value| value.to_str().ok())
            .filter(|value| value.len() <= 256)
            .map(str::to_owned);
        let bytes = body
            .into_with_config()
            .limit(limit)
            .read_to_vec()
            .map_err(|e| failure(&e, limit))?;
        Ok(Answer::Body(Body { bytes, etag }))
    }
}

fn authorities(file: &Path) -> Result<RootCerts, ClientError> {
    let failed = |reason: String| ClientError::Authorities {
        file: file.to_owned(),
        reason,
    };
    let pem = std::fs::read(file).map_err(|e| failed(format!("cannot be read ({e})")))?;
    let mut certificates = Vec::new();
    for item in parse_pem(&pem) {
        if let PemItem::Certificate(certificate) =
            item.map_err(|e| failed(format!("is no PEM file ({e})")))?
        {
            certificates.push(certificate);
        }
    }
    if certificates.is_empty() {
        return Err(failed("has no certificate".to_owned()));
    }
    Ok(RootCerts::from(certificates.into_iter()))
}

fn failure(error: &ureq::Error, limit: u64) -> Failure {
    match error {
        ureq::Error::BodyExceedsLimit(_) => Failure::TooLarge(limit >> 20),
        error => Failure::Connection(error.to_string()),
    }
}

/// How long the server asks to wait: seconds, or a date.
fn retry_after(headers: &HeaderMap, now: Timestamp) -> Option<Duration> {
    let text = headers.get("Retry-After")?.to_str().ok()?.trim();
    if let Ok(seconds) = text.parse() {
        return Some(Duration::from_secs(seconds));
    }
    let date = rfc2822::DateTimeParser::new().parse_timestamp(text).ok()?;
    Some(Duration::try_from(date.duration_since(now)).unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_base_is_a_host_or_a_mirror() {
        for (text, base) in [
            (
                "https://api.msrc.microsoft.com",
                "https://api.msrc.microsoft.com/cvrf/v3.0",
            ),
            ("http://127.0.0.1:8080/", "http://127.0.0.1:8080/cvrf/v3.0"),
            (
                "https://m.example/msrc/cvrf/v3.0/",
                "https://m.example/msrc/cvrf/v3.0",
            ),
        ] {
            assert_eq!(base_url(text).unwrap(), base);
        }
        for text in [
            "",
            "m.example",
            "ftp://m.example",
            "https://",
            "https://a/?b",
            "https://me:pw@a",
            "https://a b",
        ] {
            assert!(base_url(text).is_err(), "{text}");
        }
    }

    #[test]
    fn whoever_asks_over_tls_is_not_led_away_from_it_however_the_scheme_is_written() {
        for (base, is_https_only) in [
            ("https://m.example", true),
            ("HTTPS://m.example", true),
            ("Https://m.example", true),
            ("http://m.example", false),
            ("HTTP://m.example", false),
        ] {
            let client = Client::new(&ClientOptions {
                base: base_url(base).unwrap(),
                ..ClientOptions::default()
            })
            .unwrap();
            assert_eq!(client.agent.config().https_only(), is_https_only, "{base}");
        }
    }

    #[test]
    fn waiting_is_asked_for_in_seconds_or_by_a_date() {
        let now: Timestamp = "2015-10-21T07:28:00Z".parse().unwrap();
        let asked = |text: &str| {
            let mut headers = HeaderMap::new();
            headers.insert("Retry-After", text.parse().unwrap());
            retry_after(&headers, now)
        };
        assert_eq!(asked("120"), Some(Duration::from_secs(120)));
        assert_eq!(
            asked("Wed, 21 Oct 2015 07:28:30 GMT"),
            Some(Duration::from_secs(30))
        );
        assert_eq!(asked("Wed, 21 Oct 2015 07:00:00 GMT"), Some(Duration::ZERO));
        assert_eq!(asked("soon"), None);
        assert_eq!(asked("-5"), None);
    }

    #[test]
    fn a_file_without_certificates_is_named() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("ca.pem");
        for text in [None, Some("no PEM")] {
            if let Some(text) = text {
                std::fs::write(&file, text).unwrap();
            }
            let options = ClientOptions {
                ca_file: Some(file.clone()),
                ..ClientOptions::default()
            };
            let error = Client::new(&options).unwrap_err().to_string();
            assert!(error.contains("ca.pem"), "{error}");
        }
    }
}
