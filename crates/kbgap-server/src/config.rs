//! What can be configured.

use std::path::Path;

use serde::Deserialize;

use crate::http::is_host;

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
        let config: Self = toml::from_str(&text).map_err(|e| failed(of_line(&text, &e)))?;
        config.check().map_err(failed)?;
        Ok(config)
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
        Ok(())
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
    fn the_example_is_what_is_there_without_one() {
        let example = read(include_str!("../../../kbgap.example.toml")).unwrap();
        assert_eq!(format!("{example:?}"), format!("{:?}", Config::default()));
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
        ] {
            let error = read(text).unwrap_err();
            assert!(
                error.contains(named) && !error.contains('\n'),
                "{text}: {error}"
            );
        }
    }
}
