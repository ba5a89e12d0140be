//! The URL that contexts begin with.

use axum::http::HeaderMap;
use axum::http::header::HOST;

use crate::config::Config;

/// The configured public URL, else the request's host where it is well-formed and
/// allowed, else the address that is listened on.
pub(crate) fn base_url(config: &Config, headers: &HeaderMap) -> String {
    if let Some(url) = &config.public_url {
        return url.trim_end_matches('/').to_owned();
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
    let host = host.filter(allowed).unwrap_or(&config.listen);
    format!("{}://{host}", config.scheme())
}

/// A name or address with or without a port; nothing that could end the host
/// part of a URL.
fn is_host(text: &str) -> bool {
    !text.is_empty()
        && text.len() <= 255
        && text.bytes().all(|b| {
            b.is_ascii_alphanumeric() || matches!(b, b'.' | b'-' | b'_' | b':' | b'[' | b']')
        })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn base(config: &Config, host: &str) -> String {
        let mut headers = HeaderMap::new();
        headers.insert(HOST, host.parse().unwrap());
        base_url(config, &headers)
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
        assert_eq!(base(&config, "pc:8080"), "http://pc:8080");
        for host in ["a/b", "a@b", "a\"b", "a b"] {
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
