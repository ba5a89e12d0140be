//! What can be configured.

use std::path::{Path, PathBuf};

use serde::Deserialize;

/// The configuration of a server, as `kbgap.toml` has it.
#[derive(Clone, Debug, Deserialize)]
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
    /// The certificate with which TLS is spoken; plain HTTP where there is none.
    pub tls: Option<TlsFiles>,
}

/// Where the server's certificate lies.
#[derive(Clone, Debug, Deserialize)]
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
            tls: None,
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
