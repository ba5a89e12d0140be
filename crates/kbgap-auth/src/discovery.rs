//! The documents by which clients find the token endpoint and the key, without
//! their HTTP: OpenID configuration, key set and instance discovery, in the two
//! versions that clients of the original issuer ask for.

use serde::Serialize;

use crate::endpoint::{TokenRefusal, Version, lacks};
use crate::ids::is_guid;
use crate::token::issuer_of;

/// A tenant as the path of a URL names it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum TenantName<'a> {
    /// By its id.
    Id(&'a str),
    /// By a domain name, such as `contoso.onmicrosoft.com`.
    Domain(&'a str),
    /// A word that stands for whichever tenant the application belongs to.
    Any(&'a str),
}

impl<'a> TenantName<'a> {
    /// Reads a segment of a path.
    ///
    /// # Errors
    /// [`TokenRefusal`] for what cannot be a tenant.
    pub fn parse(segment: &'a str) -> Result<Self, TokenRefusal> {
        let in_a_name = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'.' | b'-');
        match segment {
            "common" | "organizations" => Ok(Self::Any(segment)),
            id if is_guid(id) => Ok(Self::Id(id)),
            name if name.contains('.') && name.len() <= 253 && name.bytes().all(in_a_name) => {
                Ok(Self::Domain(name))
            }
            other => Err(unknown_tenant(other)),
        }
    }

    const fn as_str(&self) -> &'a str {
        match self {
            Self::Id(name) | Self::Domain(name) | Self::Any(name) => name,
        }
    }
}

/// There is no such tenant.
#[must_use]
pub fn unknown_tenant(name: &str) -> TokenRefusal {
    let name: String = name.chars().take(60).collect();
    let text = format!("The tenant '{name}' is not known here; check its id.");
    TokenRefusal::new(400, "invalid_tenant", 90_002, &text)
}

/// What an OpenID configuration tells. Fields whose feature is not here are left
/// out where clients do without; the authorization endpoint is named because
/// they do not, and answers that it is not there.
#[derive(Debug, Serialize)]
pub struct OpenIdConfiguration {
    token_endpoint: String,
    token_endpoint_auth_methods_supported: [&'static str; 2],
    jwks_uri: String,
    grant_types_supported: [&'static str; 1],
    response_types_supported: [&'static str; 1],
    subject_types_supported: [&'static str; 1],
    id_token_signing_alg_values_supported: [&'static str; 1],
    issuer: String,
    authorization_endpoint: String,
    claims_supported: [&'static str; 11],
}

impl OpenIdConfiguration {
    /// The document for `tenant` below the URL `base`. `id` is the tenant's; without
    /// it the issuer has the placeholder that clients put the tenant of a token in.
    #[must_use]
    pub fn new(version: Version, base: &str, tenant: &TenantName<'_>, id: Option<&str>) -> Self {
        let id = id.unwrap_or("{tenantid}");
        let root = format!("{base}/{}", tenant.as_str());
        let (v2, issuer) = match version {
            // Tokens are those of version 1, whichever endpoint they come from, since
            // that is what the original service's are.
            Version::V1 => ("", issuer_of(id)),
            Version::V2 => ("/v2.0", format!("{base}/{id}/v2.0")),
        };
        Self {
            token_endpoint: format!("{root}/oauth2{v2}/token"),
            token_endpoint_auth_methods_supported: ["client_secret_post", "client_secret_basic"],
            jwks_uri: format!("{root}/discovery{v2}/keys"),
            grant_types_supported: ["client_credentials"],
            response_types_supported: ["none"],
            subject_types_supported: ["pairwise"],
            id_token_signing_alg_values_supported: ["RS256"],
            issuer,
            authorization_endpoint: format!("{root}/oauth2{v2}/authorize"),
            claims_supported: [
                "aud", "iss", "iat", "nbf", "exp", "appid", "oid", "sub", "tid", "roles", "scp",
            ],
        }
    }
}

/// The public keys, as a JWK set.
#[derive(Debug, Serialize)]
pub struct KeySet {
    pub(crate) keys: [Jwk; 1],
}

#[derive(Debug, Serialize)]
pub(crate) struct Jwk {
    pub(crate) kty: &'static str,
    #[serde(rename = "use")]
    pub(crate) purpose: &'static str,
    pub(crate) alg: &'static str,
    pub(crate) kid: String,
    pub(crate) n: String,
    pub(crate) e: String,
}

/// Which hosts are one issuer, and where its configuration is.
#[derive(Debug, Serialize)]
pub struct Instance {
    tenant_discovery_endpoint: String,
    #[serde(rename = "api-version")]
    api_version: &'static str,
    metadata: [InstanceMetadata; 1],
}

#[derive(Debug, Serialize)]
struct InstanceMetadata {
    preferred_network: String,
    preferred_cache: String,
    aliases: Vec<String>,
}

impl Instance {
    /// Answers whether the issuer of an authorization endpoint is this one, which is
    /// reached under the URL `base`.
    ///
    /// # Errors
    /// [`TokenRefusal`] where it is another's, or none.
    pub fn discover(
        base: &str,
        authorization_endpoint: Option<&str>,
    ) -> Result<Self, TokenRefusal> {
        let asked = authorization_endpoint.ok_or_else(|| lacks("authorization_endpoint"))?;
        let (host, path) = split(base).ok_or_else(invalid_instance)?;
        let (asked_host, asked_path) = split(asked).ok_or_else(invalid_instance)?;
        // Clients may leave out the port, as MSAL for Python does.
        let name = without_port(host);
        if !asked_host.eq_ignore_ascii_case(host) && !asked_host.eq_ignore_ascii_case(name) {
            return Err(invalid_instance());
        }
        let (tenant, endpoint) = asked_path
            .strip_prefix(path)
            .and_then(|rest| rest.strip_prefix('/'))
            .and_then(|rest| rest.split_once('/'))
            .ok_or_else(invalid_instance)?;
        let version = match endpoint {
            "oauth2/v2.0/authorize" => "/v2.0",
            "oauth2/authorize" => "",
            _ => return Err(invalid_instance()),
        };
        let tenant = TenantName::parse(tenant)?.as_str();
        let mut aliases = vec![host.to_owned()];
        if name != host {
            aliases.push(name.to_owned());
        }
        Ok(Self {
            tenant_discovery_endpoint: format!(
                "{base}/{tenant}{version}/.well-known/openid-configuration"
            ),
            api_version: "1.1",
            metadata: [InstanceMetadata {
                preferred_network: host.to_owned(),
                preferred_cache: host.to_owned(),
                aliases,
            }],
        })
    }
}

fn invalid_instance() -> TokenRefusal {
    let text = "The authorization endpoint is not one of this issuer.";
    TokenRefusal::new(400, "invalid_instance", 50_049, text)
}

/// Host (with its port) and path of a URL.
fn split(url: &str) -> Option<(&str, &str)> {
    let rest = url
        .strip_prefix("https://")
        .or_else(|| url.strip_prefix("http://"))?;
    Some(rest.split_at(rest.find('/').unwrap_or(rest.len())))
}

fn without_port(host: &str) -> &str {
    match host.rsplit_once(':') {
        Some((name, port)) if port.bytes().all(|b| b.is_ascii_digit()) => name,
        _ => host,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    const BASE: &str = "https://kbgap.example:8443";
    const TENANT: &str = "0e2a1c5c-6f0b-4c60-9f0e-111111111111";

    fn document(version: Version, segment: &str, id: Option<&str>) -> Value {
        let tenant = TenantName::parse(segment).unwrap();
        serde_json::to_value(OpenIdConfiguration::new(version, BASE, &tenant, id)).unwrap()
    }

    #[test]
    fn urls_and_issuers_of_both_versions() {
        let v1 = document(Version::V1, TENANT, Some(TENANT));
        assert_eq!(v1["issuer"], format!("https://sts.windows.net/{TENANT}/"));
        assert_eq!(
            v1["token_endpoint"],
            format!("{BASE}/{TENANT}/oauth2/token")
        );
        assert_eq!(v1["jwks_uri"], format!("{BASE}/{TENANT}/discovery/keys"));
        let v2 = document(Version::V2, TENANT, Some(TENANT));
        assert_eq!(v2["issuer"], format!("{BASE}/{TENANT}/v2.0"));
        assert_eq!(
            v2["token_endpoint"],
            format!("{BASE}/{TENANT}/oauth2/v2.0/token")
        );
        let any = document(Version::V2, "common", None);
        assert_eq!(any["issuer"], format!("{BASE}/{{tenantid}}/v2.0"));
        assert_eq!(
            any["token_endpoint"],
            format!("{BASE}/common/oauth2/v2.0/token")
        );
        let named = document(Version::V1, "contoso.example", Some(TENANT));
        assert_eq!(named["issuer"], v1["issuer"]);
    }

    #[test]
    fn what_cannot_be_a_tenant_is_refused() {
        for segment in ["", "contoso", "a b.c", "..%2f", "x".repeat(300).as_str()] {
            let refusal = TenantName::parse(segment).unwrap_err();
            assert_eq!((refusal.status, refusal.error), (400, "invalid_tenant"));
            assert!(refusal.error_description.starts_with("AADSTS90002"));
        }
    }

    fn discover(asked: &str) -> Result<Value, &'static str> {
        Instance::discover(BASE, Some(asked))
            .map(|found| serde_json::to_value(found).unwrap())
            .map_err(|refusal| refusal.error)
    }

    #[test]
    fn our_host_is_known_with_and_without_its_port() {
        let of = |host: &str, endpoint: &str| {
            discover(&format!("https://{host}/{TENANT}/{endpoint}")).unwrap()
        };
        let found = of("KBGAP.example", "oauth2/v2.0/authorize");
        let expected = format!("{BASE}/{TENANT}/v2.0/.well-known/openid-configuration");
        assert_eq!(found["tenant_discovery_endpoint"], expected);
        assert_eq!(
            found["metadata"],
            json!([{
                "preferred_network": "kbgap.example:8443",
                "preferred_cache": "kbgap.example:8443",
                "aliases": ["kbgap.example:8443", "kbgap.example"],
            }])
        );
        let found = of("kbgap.example:8443", "oauth2/authorize");
        let expected = format!("{BASE}/{TENANT}/.well-known/openid-configuration");
        assert_eq!(found["tenant_discovery_endpoint"], expected);
    }

    #[test]
    fn other_hosts_are_not() {
        for asked in [
            "https://login.microsoftonline.com/common/oauth2/v2.0/authorize",
            "https://kbgap.example.evil/common/oauth2/v2.0/authorize",
            "https://kbgap.example:1/common/oauth2/v2.0/authorize",
            "https://kbgap.example/common",
            "https://kbgap.example/common/oauth2/v3/authorize",
            "nonsense",
        ] {
            assert_eq!(discover(asked), Err("invalid_instance"), "{asked}");
        }
        assert_eq!(
            Instance::discover(BASE, None).unwrap_err().error,
            "invalid_request"
        );
    }

    #[test]
    fn a_path_of_the_public_url_stays() {
        let base = "https://example/kbgap";
        let asked = format!("{base}/common/oauth2/v2.0/authorize");
        let found = serde_json::to_value(Instance::discover(base, Some(&asked)).unwrap()).unwrap();
        let expected = format!("{base}/common/v2.0/.well-known/openid-configuration");
        assert_eq!(found["tenant_discovery_endpoint"], expected);
    }
}
