//! The token endpoint: client credentials in the forms of v1 and v2 (api.md,
//! section 2), with answers in the shapes that clients read.

use std::collections::BTreeMap;

use serde::Serialize;

use crate::ids::{is_guid, secret_matches};
use crate::token::{Grant, LIFETIME};
use crate::{AuthError, Issuer, random_guid};

/// Which of the two endpoints was called.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Version {
    /// `/oauth2/token`, with `resource`.
    V1,
    /// `/oauth2/v2.0/token`, with `scope`.
    V2,
}

/// A request for a token, understood.
pub struct TokenRequest {
    version: Version,
    /// The client id.
    pub client_id: String,
    client_secret: String,
    audience: String,
}

/// What is known of the application that asks.
#[derive(Clone, Debug)]
pub struct Registration {
    /// Its tenant.
    pub tenant: String,
    /// SHA-256 of its secret.
    pub secret_sha256: [u8; 32],
    /// Its roles.
    pub roles: Vec<String>,
}

/// A refusal in the shape of the original issuer.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct TokenRefusal {
    /// The HTTP status.
    #[serde(skip)]
    pub status: u16,
    /// The OAuth error code.
    pub error: &'static str,
    /// A text that begins with the issuer's number of the error.
    pub error_description: String,
    /// The numbers alone.
    pub error_codes: [u32; 1],
    /// An id for the log.
    pub correlation_id: String,
}

impl TokenRefusal {
    pub(crate) fn new(status: u16, error: &'static str, code: u32, text: &str) -> Self {
        Self {
            status,
            error,
            error_description: format!("AADSTS{code}: {text}"),
            error_codes: [code],
            correlation_id: random_guid().unwrap_or_default(),
        }
    }

    /// The refusal of a body that is no form, with the HTTP status that tells why.
    #[must_use]
    pub fn unreadable(status: u16) -> Self {
        let text = match status {
            413 => "The request body is too large.",
            _ => "The request body is no application/x-www-form-urlencoded form.",
        };
        Self::new(status, "invalid_request", 900_144, text)
    }
}

impl TokenRequest {
    /// Reads a form, with the client's credentials in it or in a Basic header
    /// whose user and password are given.
    ///
    /// # Errors
    /// [`TokenRefusal`], to be sent as it is.
    pub fn parse(
        version: Version,
        form: &[(String, String)],
        basic: Option<(String, String)>,
    ) -> Result<Self, TokenRefusal> {
        let mut fields: BTreeMap<&str, &str> = BTreeMap::new();
        for (name, value) in form {
            if fields.insert(name, value).is_some() {
                return Err(invalid(
                    9_000_411,
                    &format!("The parameter '{name}' is given more than once."),
                ));
            }
        }
        let field = |name: &str| fields.get(name).copied().filter(|v| !v.is_empty());
        match field("grant_type") {
            Some("client_credentials") => {}
            Some(other) => {
                let other: String = other.chars().take(60).collect();
                let text =
                    format!("The grant type '{other}' is not supported; use 'client_credentials'.");
                return Err(TokenRefusal::new(
                    400,
                    "unsupported_grant_type",
                    70_003,
                    &text,
                ));
            }
            None => return Err(lacks("grant_type")),
        }
        let (client_id, client_secret) = match (field("client_id"), field("client_secret"), basic) {
            (Some(id), Some(secret), _) => (id.to_owned(), secret.to_owned()),
            (_, None, Some(basic)) => basic,
            (None, ..) => return Err(lacks("client_id")),
            (_, None, None) => return Err(lacks("client_secret")),
        };
        let scope = field("scope").map(|scope| scope.trim().strip_suffix("/.default"));
        let audience = match (version, field("resource"), scope) {
            (Version::V1, Some(resource), _) => resource.to_owned(),
            // Libraries that know OpenID Connect alone come to this endpoint with a scope.
            (Version::V1, None, Some(Some(audience))) => audience.to_owned(),
            (Version::V1, None, _) => return Err(lacks("resource")),
            (Version::V2, _, Some(Some(audience))) => audience.to_owned(),
            (Version::V2, _, Some(None)) => {
                let text = "The scope of a client credentials request has to end in '/.default'.";
                return Err(TokenRefusal::new(400, "invalid_scope", 70_011, text));
            }
            (Version::V2, _, None) => return Err(lacks("scope")),
        };
        Ok(Self {
            version,
            // A GUID, of which the case does not matter.
            client_id: client_id.to_ascii_lowercase(),
            client_secret,
            audience,
        })
    }

    /// Answers the request: `registration` is what is known of
    /// [`TokenRequest::client_id`], `tenant` the one in the URL. An unknown client
    /// takes as long as a wrong secret.
    ///
    /// # Errors
    /// [`AuthError`] when signing fails; a refusal is the inner error.
    pub fn answer(
        &self,
        issuer: &Issuer,
        registration: Option<&Registration>,
        tenant: &str,
        now: i64,
    ) -> Result<Result<TokenAnswer, TokenRefusal>, AuthError> {
        let matches = secret_matches(&self.client_secret, registration.map(|r| &r.secret_sha256));
        // Names of tenants and the word of the multi-tenant endpoint stand for the one.
        let of_tenant =
            |r: &&Registration| !is_guid(tenant) || tenant.eq_ignore_ascii_case(&r.tenant);
        let Some(registration) = registration.filter(of_tenant) else {
            let text = "The application is not registered in this tenant.";
            return Ok(Err(TokenRefusal::new(
                400,
                "unauthorized_client",
                700_016,
                text,
            )));
        };
        if !matches {
            let text = "Invalid client secret provided.";
            return Ok(Err(TokenRefusal::new(
                401,
                "invalid_client",
                7_000_215,
                text,
            )));
        }
        if !issuer.accepts(&self.audience) {
            let audience: String = self.audience.chars().take(200).collect();
            let text = format!("The resource '{audience}' is not served here.");
            return Ok(Err(match self.version {
                Version::V1 => TokenRefusal::new(400, "invalid_resource", 500_011, &text),
                Version::V2 => TokenRefusal::new(400, "invalid_scope", 70_011, &text),
            }));
        }
        let grant = Grant {
            tenant: &registration.tenant,
            app_id: &self.client_id,
            roles: &registration.roles,
            scopes: &[],
            audience: &self.audience,
        };
        let access_token = issuer.issue(&grant, now)?;
        Ok(Ok(match self.version {
            Version::V2 => TokenAnswer::V2 {
                token_type: "Bearer",
                expires_in: LIFETIME,
                ext_expires_in: LIFETIME,
                access_token,
            },
            Version::V1 => TokenAnswer::V1 {
                token_type: "Bearer",
                expires_in: LIFETIME.to_string(),
                ext_expires_in: LIFETIME.to_string(),
                expires_on: (now + LIFETIME).to_string(),
                not_before: now.to_string(),
                resource: self.audience.clone(),
                access_token,
            },
        }))
    }
}

/// A token, in the shape of the endpoint that was called: numbers are texts in v1.
#[derive(Serialize)]
#[serde(untagged)]
#[expect(missing_docs, reason = "the fields are OAuth's")]
pub enum TokenAnswer {
    V2 {
        token_type: &'static str,
        expires_in: i64,
        ext_expires_in: i64,
        access_token: String,
    },
    V1 {
        token_type: &'static str,
        expires_in: String,
        ext_expires_in: String,
        expires_on: String,
        not_before: String,
        resource: String,
        access_token: String,
    },
}

pub(crate) fn lacks(parameter: &str) -> TokenRefusal {
    let text = format!("The request body must contain the following parameter: '{parameter}'.");
    invalid(900_144, &text)
}

fn invalid(code: u32, text: &str) -> TokenRefusal {
    TokenRefusal::new(400, "invalid_request", code, text)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{ClientSecret, SigningKey};

    const TENANT: &str = "0e2a1c5c-6f0b-4c60-9f0e-111111111111";
    const AUDIENCE: &str = "https://api.securitycenter.microsoft.com";

    fn form(fields: &[(&str, &str)]) -> Vec<(String, String)> {
        fields
            .iter()
            .map(|(n, v)| ((*n).to_owned(), (*v).to_owned()))
            .collect()
    }

    fn v2<'a>(secret: &'a str, scope: &'a str) -> Vec<(&'a str, &'a str)> {
        vec![
            ("grant_type", "client_credentials"),
            ("client_id", "c"),
            ("client_secret", secret),
            ("scope", scope),
        ]
    }

    fn error(version: Version, fields: &[(&str, &str)]) -> (u16, &'static str) {
        TokenRequest::parse(version, &form(fields), None)
            .map(|_| ())
            .map_err(|r| (r.status, r.error))
            .unwrap_err()
    }

    #[test]
    fn what_is_lacking_is_named() {
        let whole = v2("s", "https://x/.default");
        for lacking in 0..whole.len() {
            let mut fields = whole.clone();
            let (name, _) = fields.remove(lacking);
            let refusal = TokenRequest::parse(Version::V2, &form(&fields), None)
                .err()
                .unwrap();
            assert!(
                refusal.error_description.contains(name),
                "{}",
                refusal.error_description
            );
            assert_eq!((refusal.status, refusal.error), (400, "invalid_request"));
        }
        assert_eq!(error(Version::V1, &v2("s", "x")), (400, "invalid_request"));
        assert_eq!(
            error(Version::V2, &v2("s", "https://x")),
            (400, "invalid_scope")
        );
        assert_eq!(
            error(Version::V2, &[("grant_type", "password")]),
            (400, "unsupported_grant_type")
        );
    }

    #[test]
    fn right_and_wrong_secrets() {
        let issuer = Issuer::new(
            SigningKey::from_pkcs8(&SigningKey::generate().unwrap()).unwrap(),
            &[],
        );
        let secret = ClientSecret::random().unwrap();
        let registration = Registration {
            tenant: TENANT.to_owned(),
            secret_sha256: secret.sha256(),
            roles: vec!["Software.Read.All".to_owned()],
        };
        let ask = |secret: &str, scope: &str, registration: Option<&Registration>, tenant: &str| {
            let request = TokenRequest::parse(Version::V2, &form(&v2(secret, scope)), None)
                .ok()
                .unwrap();
            request
                .answer(&issuer, registration, tenant, 1_800_000_000)
                .unwrap()
        };
        let scope = format!("{AUDIENCE}/.default");
        let Ok(TokenAnswer::V2 {
            access_token,
            expires_in,
            ..
        }) = ask(secret.reveal(), &scope, Some(&registration), TENANT)
        else {
            panic!("refused")
        };
        assert_eq!(expires_in, 3_599);
        assert_eq!(
            issuer.validate(&access_token, 1_800_000_000).unwrap().roles,
            registration.roles
        );
        let refused = |result: Result<TokenAnswer, TokenRefusal>| {
            result.err().map(|r| (r.status, r.error)).unwrap()
        };
        assert_eq!(
            refused(ask("wrong", &scope, Some(&registration), TENANT)),
            (401, "invalid_client")
        );
        assert_eq!(
            refused(ask(secret.reveal(), &scope, None, TENANT)),
            (400, "unauthorized_client")
        );
        let other = "ffffffff-6f0b-4c60-9f0e-111111111111";
        assert_eq!(
            refused(ask(secret.reveal(), &scope, Some(&registration), other)),
            (400, "unauthorized_client")
        );
        let graph = "https://graph.microsoft.com/.default";
        assert_eq!(
            refused(ask(secret.reveal(), graph, Some(&registration), TENANT)),
            (400, "invalid_scope")
        );
    }

    #[test]
    fn either_version_takes_a_scope() {
        let scope = format!("{AUDIENCE}/.default");
        for version in [Version::V1, Version::V2] {
            let request = TokenRequest::parse(version, &form(&v2("s", &scope)), None)
                .ok()
                .unwrap();
            assert_eq!(request.audience, AUDIENCE);
        }
    }

    #[test]
    fn credentials_may_come_in_a_basic_header() {
        let fields = [("grant_type", "client_credentials"), ("resource", AUDIENCE)];
        let basic = Some(("C".to_owned(), "s".to_owned()));
        let request = TokenRequest::parse(Version::V1, &form(&fields), basic)
            .ok()
            .unwrap();
        assert_eq!(request.client_id, "c");
    }
}
