//! What can be configured.

mod feed_sync;
mod rate_limits;

use std::num::NonZeroUsize;
use std::path::{Path, PathBuf};

use serde::Deserialize;

use crate::http::is_host;
pub use feed_sync::FeedSync;
pub use rate_limits::{Rate, RateLimits};

/// The configuration of a server, as `kbgap.toml` has it.
#[derive(Clone, Debug, Deserialize, PartialEq, Eq)]
#[serde(default, deny_unknown_fields)]
pub struct Config {
    /// Address and port to listen on.
    pub listen: String,
    /// The URL under which clients reach the server; else the request's host.
    pub public_url: Option<String>,
    /// Hosts, with port where there is one, that a request may name when there is no
    /// `public_url`; empty for any.
    pub allowed_hosts: Vec<String>,
    /// Audiences of tokens that are accepted beside the original service's.
    pub audiences: Vec<String>,
    /// The largest body of an ingest request, unpacked, in megabytes.
    pub max_body_mb: usize,
    /// The most records of a page of a list, where less than the documented limit.
    pub list_page: Option<NonZeroUsize>,
    /// The most hosts of a tenant that may enroll by osquery.
    pub max_osquery_nodes: u64,
    /// The certificate with which TLS is spoken; plain HTTP where there is none.
    pub tls: Option<TlsFiles>,
    /// How many calls an application may make.
    pub rate_limits: RateLimits,
    /// When the feed is synced; never where there is none.
    pub feed_sync: Option<FeedSync>,
    /// Where `/metrics` is served; nowhere where there is none.
    pub metrics: Option<MetricsListener>,
}

/// A listener of its own for `/metrics`: what it tells is for whoever runs the server.
#[derive(Clone, Debug, Deserialize, PartialEq, Eq)]
#[serde(deny_unknown_fields)]
pub struct MetricsListener {
    /// Address and port to listen on, plain HTTP and without a token.
    pub listen: String,
}

/// Where the server's certificate lies.
#[derive(Clone, Debug, Deserialize, PartialEq, Eq)]
#[serde(deny_unknown_fields)]
pub struct TlsFiles {
    /// The certificate chain as PEM, the server's own certificate first.
    pub certificate: PathBuf,
    /// Its private key as PEM, without a passphrase.
    pub private_key: PathBuf,
}

/// Beyond that, one request could take all memory.
const MAX_BODY_MB: usize = 1_024;

/// A configuration that cannot be used.
#[derive(Debug, thiserror::Error)]
#[error("{file}: {reason}")]
pub struct ConfigError {
    file: String,
    reason: String,
}

impl Default for Config {
    fn default() -> Self {
        Self {
            listen: "127.0.0.1:8080".to_owned(),
            public_url: None,
            allowed_hosts: Vec::new(),
            audiences: Vec::new(),
            max_body_mb: 64,
            list_page: None,
            max_osquery_nodes: 100_000,
            tls: None,
            rate_limits: RateLimits::default(),
            feed_sync: None,
            metrics: None,
        }
    }
}

impl Config {
    /// Reads a configuration file.
    ///
    /// # Errors
    /// [`ConfigError`] with the file, the line and what is wrong.
    pub fn read(file: &Path) -> Result<Self, ConfigError> {
        let failed = |reason: String| ConfigError {
            file: file.display().to_string(),
            reason,
        };
        let text = std::fs::read_to_string(file)
            .map_err(|e| failed(format!("cannot be read: {e}: name another with --config")))?;
        let mut config: Self = toml::from_str(&text).map_err(|e| failed(of_line(&text, &e)))?;
        if let (Some(tls), Some(folder)) = (&mut config.tls, file.parent()) {
            tls.certificate = folder.join(&tls.certificate);
            tls.private_key = folder.join(&tls.private_key);
        }
        if let (Some(sync), Some(folder)) = (&mut config.feed_sync, file.parent()) {
            sync.ca_file = sync.ca_file.as_ref().map(|ca| folder.join(ca));
        }
        config.check().map_err(failed)?;
        Ok(config)
    }

    /// The scheme of the listener's URLs.
    pub(crate) const fn scheme(&self) -> &'static str {
        match self.tls {
            Some(_) => "https",
            None => "http",
        }
    }

    /// Checks what the types cannot.
    ///
    /// # Errors
    /// The mistake, for people.
    pub fn check(&self) -> Result<(), String> {
        if let Some(url) = &self.public_url {
            let host = ["http://", "https://"]
                .iter()
                .find_map(|scheme| url.strip_prefix(scheme))
                .ok_or_else(|| format!("public_url `{url}` has to begin with http:// or https://"))?
                .split('/')
                .next()
                .unwrap_or_default();
            let harmless = |b: u8| b.is_ascii_graphic() && !b"?#\"<>\\".contains(&b);
            if !is_host(host) || !url.bytes().all(harmless) {
                return Err(format!(
                    "public_url `{url}` has to be a plain URL such as https://kbgap.example.com"
                ));
            }
        }
        if let Some(host) = self.allowed_hosts.iter().find(|host| !is_host(host)) {
            return Err(format!(
                "allowed_hosts: `{host}` has to be a host, with port where there is one, such as kbgap.example.com:8080"
            ));
        }
        if self
            .audiences
            .iter()
            .any(|audience| audience.trim().is_empty())
        {
            return Err("audiences: an audience is empty".to_owned());
        }
        if !(1..=MAX_BODY_MB).contains(&self.max_body_mb) {
            return Err(format!(
                "max_body_mb = {} has to be from 1 to {MAX_BODY_MB}",
                self.max_body_mb
            ));
        }
        self.feed_sync.as_ref().map_or(Ok(()), FeedSync::check)
    }
}

/// A mistake with its place, on one line.
fn of_line(text: &str, error: &toml::de::Error) -> String {
    let start = error.span().map_or(0, |span| span.start);
    let before = text.bytes().take(start).filter(|b| *b == b'\n').count();
    let written: String = text
        .lines()
        .nth(before)
        .unwrap_or("")
        .trim()
        .chars()
        .take(80)
        .collect();
    let message: Vec<&str> = error.message().lines().map(str::trim).collect();
    format!("line {}: `{written}`: {}", before + 1, message.join(", "))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Result<Config, String> {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("kbgap.toml");
        std::fs::write(&file, text).unwrap();
        Config::read(&file).map_err(|e| e.to_string())
    }

    #[test]
    fn what_a_host_may_be() {
        assert!(read("public_url = \"https://kbgap.example.com/tvm/\"").is_ok());
        assert!(read("allowed_hosts = [\"a.example\", \"[::1]:8080\"]").is_ok());
    }

    #[test]
    fn mistakes_are_named_on_one_line() {
        for (text, named) in [
            (
                "\n\nlisen = \"x\"",
                "kbgap.toml: line 3: `lisen = \"x\"`: unknown field",
            ),
            ("listen = 5", "line 1: `listen = 5`: invalid type"),
            ("a =", "line 1: `a =`: "),
            (
                "public_url = \"kbgap.example\"",
                "public_url `kbgap.example`",
            ),
            ("public_url = \"https://\"", "public_url"),
            ("public_url = \"https://a b\"", "public_url"),
            ("public_url = \"https://me:pass@a\"", "public_url"),
            ("public_url = \"https://a/?x\"", "public_url"),
            (
                "allowed_hosts = [\"https://a\"]",
                "allowed_hosts: `https://a`",
            ),
            ("audiences = [\" \"]", "audiences"),
            ("max_body_mb = 0", "max_body_mb = 0"),
            ("max_body_mb = 17592186044416", "max_body_mb"),
            ("[tls]\ncertificate = \"chain.pem\"", "private_key"),
            ("[rate_limits]\nmachines = { per_minute = 0 }", "nonzero"),
            ("[rate_limits]\nmachine = {}", "machine_vulnerabilities"),
            ("[rate_limits]\nother = { per_day = 1 }", "per_hour"),
            ("[metrics]\nport = 9090", "listen"),
        ] {
            let error = read(text).unwrap_err();
            assert!(
                error.contains(named) && !error.contains('\n'),
                "{text}: {error}"
            );
        }
    }

    fn example() -> PathBuf {
        Path::new(env!("CARGO_MANIFEST_DIR")).join("../../kbgap.example.toml")
    }

    #[test]
    fn the_example_is_the_default() {
        assert_eq!(Config::read(&example()).unwrap(), Config::default());
    }

    #[test]
    fn what_the_example_has_in_comments_can_be_used() {
        let text = std::fs::read_to_string(example()).unwrap();
        // Comments that are settings, not sentences.
        let setting = |line: &str| line.starts_with('[') || line.contains(" = \"");
        let text: Vec<&str> = text
            .lines()
            .map(|line| {
                line.strip_prefix("# ")
                    .filter(|l| setting(l))
                    .unwrap_or(line)
            })
            .collect();
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("kbgap.toml");
        std::fs::write(&file, text.join("\n")).unwrap();
        let config = Config::read(&file).unwrap();
        assert_eq!(config.public_url.unwrap(), "https://kbgap.example.com");
        let tls = config.tls.unwrap();
        assert_eq!(tls.certificate, folder.path().join("chain.pem"));
        assert_eq!(tls.private_key, folder.path().join("key.pem"));
        let sync = config.feed_sync.unwrap();
        assert_eq!(sync.at.unwrap().to_string(), "03:30:00");
        assert_eq!(sync.ca_file.unwrap(), folder.path().join("authorities.pem"));
        assert_eq!(config.metrics.unwrap().listen, "127.0.0.1:9090");
    }
}
