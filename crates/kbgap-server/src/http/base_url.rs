//! The URL that contexts begin with.

use std::net::Ipv6Addr;

use axum::http::HeaderMap;
use axum::http::header::HOST;

use crate::config::Config;

/// The URL that contexts begin with: of what the configuration and the request say.
#[derive(Clone, Copy, Debug)]
pub(crate) struct BaseUrl<'r> {
    /// `None` where the rest has it.
    scheme: Option<&'static str>,
    rest: &'r str,
}

impl<'r> BaseUrl<'r> {
    /// The configured public URL, else the request's host where it is well-formed and
    /// allowed, else the address that is listened on.
    pub(crate) fn of(config: &'r Config, headers: &'r HeaderMap) -> Self {
        if let Some(url) = &config.public_url {
            return Self {
                scheme: None,
                rest: url.trim_end_matches('/'),
            };
        }
        let host = headers
            .get(HOST)
            .and_then(|h| h.to_str().ok())
            .filter(|h| is_host(h));
        let allowed = |host: &&str| {
            config.allowed_hosts.is_empty()
                || config
                    .allowed_hosts
                    .iter()
                    .any(|a| a.eq_ignore_ascii_case(host))
        };
        Self {
            scheme: Some(config.scheme()),
            rest: host.filter(allowed).unwrap_or(&config.listen),
        }
    }

    /// Whether it is written like this.
    pub(crate) fn is(&self, url: &str) -> bool {
        let rest = match self.scheme {
            Some(scheme) => url.strip_prefix(scheme).and_then(|u| u.strip_prefix("://")),
            None => Some(url),
        };
        rest == Some(self.rest)
    }
}

impl std::fmt::Display for BaseUrl<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        if let Some(scheme) = self.scheme {
            write!(f, "{scheme}://")?;
        }
        f.write_str(self.rest)
    }
}

/// The same, written.
pub(crate) fn base_url(config: &Config, headers: &HeaderMap) -> String {
    BaseUrl::of(config, headers).to_string()
}

/// A name, or an address, with or without a port: `pc`, `10.0.0.1:80`, `[::1]:8080`.
pub(crate) fn is_host(text: &str) -> bool {
    let (host, port) = match text.rsplit_once(':') {
        // The colon is one of an address in brackets.
        Some((_, rest)) if rest.ends_with(']') => (text, None),
        Some((host, port)) => (host, Some(port)),
        None => (text, None),
    };
    let is_port =
        |port: &str| port.bytes().all(|b| b.is_ascii_digit()) && port.parse::<u16>().is_ok();
    let is_name = |name: &str| {
        let is_letter = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'.' | b'-' | b'_');
        !name.is_empty() && name.len() <= 253 && name.bytes().all(is_letter)
    };
    let address = host.strip_prefix('[').and_then(|h| h.strip_suffix(']'));
    port.is_none_or(is_port)
        && match address {
            Some(address) => address.parse::<Ipv6Addr>().is_ok(),
            None => is_name(host),
        }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn base(config: &Config, host: &str) -> String {
        let mut headers = HeaderMap::new();
        headers.insert(HOST, host.parse().unwrap());
        let base = BaseUrl::of(config, &headers);
        assert!(base.is(&base.to_string()));
        assert!(!base.is(&format!("{base}x")));
        base.to_string()
    }

    #[test]
    fn the_configured_url_wins() {
        let config = Config {
            public_url: Some("https://kbgap.example/".into()),
            ..Config::default()
        };
        assert_eq!(base(&config, "evil.example"), "https://kbgap.example");
    }

    #[test]
    fn hosts_that_are_malformed_or_not_allowed_are_not_repeated() {
        let config = Config::default();
        for host in [
            "pc:8080",
            "PC-1.example",
            "10.0.0.1",
            "[::1]",
            "[fe80::1]:8080",
        ] {
            assert_eq!(base(&config, host), format!("http://{host}"));
        }
        for host in [
            "a/b", "a@b", "a\"b", "a b", "", "a:", ":80", "a:b", "a:1:2", "a:+1", "a:99999", "::1",
            "[::1", "::1]", "[[[", "[a]", "[::1]x",
        ] {
            assert_eq!(base(&config, host), "http://127.0.0.1:8080", "{host}");
        }
        let config = Config {
            allowed_hosts: vec!["kbgap.example".into()],
            ..Config::default()
        };
        assert_eq!(base(&config, "KBGAP.example"), "http://KBGAP.example");
        assert_eq!(base(&config, "evil.example"), "http://127.0.0.1:8080");
    }
}
