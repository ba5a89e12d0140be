//! What can be configured.

mod rate_limits;

use std::num::NonZeroUsize;
use std::path::{Path, PathBuf};

use serde::Deserialize;

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
    /// The certificate with which TLS is spoken; plain HTTP where there is none.
    pub tls: Option<TlsFiles>,
    /// How many calls an application may make.
    pub rate_limits: RateLimits,
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
            tls: None,
            rate_limits: RateLimits::default(),
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
        let text = std::fs::read_to_string(file).map_err(|e| failed(e.to_string()))?;
        let mut config: Self = toml::from_str(&text).map_err(|e| failed(e.to_string()))?;
        if let (Some(tls), Some(folder)) = (&mut config.tls, file.parent()) {
            tls.certificate = folder.join(&tls.certificate);
            tls.private_key = folder.join(&tls.private_key);
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
        match &self.public_url {
            Some(url) if !url.starts_with("http://") && !url.starts_with("https://") => Err(
                format!("public_url `{url}` has to begin with http:// or https://"),
            ),
            Some(url) if url.contains(['?', '#', ' ']) => Err(format!(
                "public_url `{url}` has to be a plain URL without query"
            )),
            _ => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

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
    }

    #[test]
    fn mistakes_are_named() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("kbgap.toml");
        for (text, says) in [
            ("[tls]\ncertificate = \"chain.pem\"", "private_key"),
            ("[rate_limits]\nmachines = { per_minute = 0 }", "nonzero"),
            ("[rate_limits]\nmachine = {}", "machine_vulnerabilities"),
            ("[rate_limits]\nother = { per_day = 1 }", "per_hour"),
        ] {
            std::fs::write(&file, text).unwrap();
            let told = Config::read(&file).unwrap_err().to_string();
            assert!(told.contains("kbgap.toml") && told.contains(says), "{told}");
        }
    }
}
