//! Issuing and validating tokens (api.md, section 2). The clock is the caller's:
//! seconds since 1970.

use jsonwebtoken::{Algorithm, Validation, decode, decode_header};
use serde::{Deserialize, Serialize};

use crate::discovery::KeySet;
use crate::ids::is_guid;
use crate::{AuthError, SigningKey, TokenError, random_guid};

/// How long a token lives, in seconds, as the original service has it.
pub const LIFETIME: i64 = 3_599;
/// Clocks of clients and servers differ a little.
const LEEWAY: i64 = 60;
const MAX_LENGTH: usize = 16 << 10;

/// Audiences under which the original service's clients ask for tokens.
pub const DEFAULT_AUDIENCES: [&str; 4] = [
    "https://api.securitycenter.microsoft.com",
    "https://api.security.microsoft.com",
    "https://securitycenter.onmicrosoft.com/windowsatpservice",
    "https://api.securitycenter.windows.com",
];

/// What a valid token says.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Claims {
    /// The tenant.
    pub tenant: String,
    /// The application.
    pub app_id: String,
    /// Application permissions.
    pub roles: Vec<String>,
    /// Delegated permissions.
    pub scopes: Vec<String>,
    /// When it ends, in seconds since 1970.
    pub expires_at: i64,
}

/// Whom a token is for.
#[derive(Clone, Debug)]
pub struct Grant<'a> {
    /// The tenant.
    pub tenant: &'a str,
    /// The application.
    pub app_id: &'a str,
    /// Application permissions; empty for a user's token.
    pub roles: &'a [String],
    /// Delegated permissions; empty for an application's token.
    pub scopes: &'a [String],
    /// The audience.
    pub audience: &'a str,
}

#[derive(Serialize, Deserialize)]
struct Payload {
    aud: String,
    iss: String,
    iat: i64,
    nbf: i64,
    exp: i64,
    appid: String,
    idp: String,
    oid: String,
    sub: String,
    tid: String,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    roles: Vec<String>,
    #[serde(default, skip_serializing_if = "String::is_empty")]
    scp: String,
    uti: String,
    ver: String,
}

/// The embedded issuer.
#[derive(Debug)]
pub struct Issuer {
    key: SigningKey,
    audiences: Vec<String>,
}

impl Issuer {
    /// An issuer that signs with this key and accepts these audiences beside
    /// the default ones.
    #[must_use]
    pub fn new(key: SigningKey, audiences: &[String]) -> Self {
        // An error means that the process has chosen already, which is as well.
        let _ = jsonwebtoken::crypto::aws_lc::DEFAULT_PROVIDER.install_default();
        let own = audiences.iter().map(|a| a.trim_end_matches('/').to_owned());
        let audiences = DEFAULT_AUDIENCES
            .iter()
            .map(|a| (*a).to_owned())
            .chain(own)
            .collect();
        Self { key, audiences }
    }

    /// Whether tokens for this audience are accepted; a trailing slash does not matter.
    #[must_use]
    pub fn accepts(&self, audience: &str) -> bool {
        let audience = audience.trim_end_matches('/');
        self.audiences
            .iter()
            .any(|a| a.eq_ignore_ascii_case(audience))
    }

    /// The key that tokens are to be checked with.
    #[must_use]
    pub fn keys(&self) -> KeySet {
        KeySet {
            keys: [self.key.jwk()],
        }
    }

    /// The signature of a link that needs no token.
    #[must_use]
    pub fn sign_link(&self, text: &str) -> String {
        self.key.sign_link(text)
    }

    /// Whether this is the signature of a link; compared in constant time.
    #[must_use]
    pub fn verify_link(&self, text: &str, signature: &str) -> bool {
        self.key.verify_link(text, signature)
    }

    /// Issues a token at the time `now`.
    ///
    /// # Errors
    /// [`AuthError`] when randomness or signing fails.
    pub fn issue(&self, grant: &Grant<'_>, now: i64) -> Result<String, AuthError> {
        let issuer = issuer_of(grant.tenant);
        let payload = Payload {
            aud: grant.audience.to_owned(),
            iss: issuer.clone(),
            iat: now,
            nbf: now,
            exp: now + LIFETIME,
            appid: grant.app_id.to_owned(),
            idp: issuer,
            oid: grant.app_id.to_owned(),
            sub: grant.app_id.to_owned(),
            tid: grant.tenant.to_owned(),
            roles: grant.roles.to_vec(),
            scp: grant.scopes.join(" "),
            uti: random_guid()?,
            ver: "1.0".to_owned(),
        };
        self.key.sign(&payload)
    }

    /// Validates a token at the time `now`: RS256 by our key and nothing else,
    /// for an accepted audience, from our issuer, in its time.
    ///
    /// # Errors
    /// [`TokenError`], for the log.
    pub fn validate(&self, token: &str, now: i64) -> Result<Claims, TokenError> {
        if token.len() > MAX_LENGTH {
            return Err(TokenError::TooLong);
        }
        let invalid = |reason: &str| TokenError::Invalid(reason.to_owned());
        let header = decode_header(token).map_err(|e| TokenError::Invalid(e.to_string()))?;
        if header.alg != Algorithm::RS256 {
            return Err(invalid("the algorithm is not RS256"));
        }
        if header.kid.as_deref() != Some(&self.key.key_id) {
            return Err(invalid("signed by an unknown key"));
        }
        // The times are checked against the caller's clock, below.
        let mut validation = Validation::new(Algorithm::RS256);
        validation.validate_exp = false;
        validation.validate_aud = false;
        validation.required_spec_claims.clear();
        let payload: Payload = decode(token, &self.key.decoding, &validation)
            .map_err(|e| TokenError::Invalid(e.to_string()))?
            .claims;
        if now - LEEWAY > payload.exp {
            return Err(invalid("expired"));
        }
        if now + LEEWAY < payload.nbf {
            return Err(invalid("not valid yet"));
        }
        if !self.accepts(&payload.aud) {
            return Err(invalid("for another audience"));
        }
        if !is_guid(&payload.tid) || payload.iss != issuer_of(&payload.tid) {
            return Err(invalid("from another issuer"));
        }
        Ok(Claims {
            tenant: payload.tid,
            app_id: payload.appid,
            roles: payload.roles,
            scopes: payload.scp.split_whitespace().map(str::to_owned).collect(),
            expires_at: payload.exp,
        })
    }
}

/// The form that the original service's tokens of version 1.0 have.
pub(crate) fn issuer_of(tenant: &str) -> String {
    format!("https://sts.windows.net/{tenant}/")
}

/// The token of an `Authorization` header; the scheme's case does not matter.
///
/// # Errors
/// [`TokenError::Absent`] when there is no bearer token.
pub fn bearer(header: Option<&str>) -> Result<&str, TokenError> {
    let (scheme, token) = header
        .and_then(|h| h.trim().split_once(' '))
        .ok_or(TokenError::Absent)?;
    let token = token.trim();
    // A header has no other blanks. Looking at each as a character takes longer than hashing it.
    let has_blank = [b' ', b'\t'].iter().any(|b| token.as_bytes().contains(b));
    if scheme.eq_ignore_ascii_case("bearer") && !token.is_empty() && !has_blank {
        Ok(token)
    } else {
        Err(TokenError::Absent)
    }
}

#[cfg(test)]
mod tests {
    use std::sync::LazyLock;

    use super::*;

    const TENANT: &str = "0e2a1c5c-6f0b-4c60-9f0e-111111111111";
    const NOW: i64 = 1_800_000_000;

    static KEY: LazyLock<Vec<u8>> = LazyLock::new(|| SigningKey::generate().unwrap());

    fn issuer() -> Issuer {
        Issuer::new(
            SigningKey::from_pkcs8(&KEY).unwrap(),
            &["https://kbgap.example/".to_owned()],
        )
    }

    fn token(issuer: &Issuer, audience: &str) -> String {
        let roles = ["Software.Read.All".to_owned()];
        let grant = Grant {
            tenant: TENANT,
            app_id: "app",
            roles: &roles,
            scopes: &[],
            audience,
        };
        issuer.issue(&grant, NOW).unwrap()
    }

    #[test]
    fn what_is_issued_is_valid_in_its_time() {
        let issuer = issuer();
        let token = token(&issuer, DEFAULT_AUDIENCES[0]);
        let claims = issuer.validate(&token, NOW + 10).unwrap();
        assert_eq!(
            (claims.tenant.as_str(), claims.app_id.as_str()),
            (TENANT, "app")
        );
        assert_eq!(claims.roles, ["Software.Read.All"]);
        assert!(issuer.validate(&token, NOW - 30).is_ok());
        assert!(issuer.validate(&token, NOW - 61).is_err());
        assert!(issuer.validate(&token, NOW + LIFETIME + 60).is_ok());
        assert!(issuer.validate(&token, NOW + LIFETIME + 61).is_err());
    }

    #[test]
    fn audiences_are_checked() {
        let issuer = issuer();
        for (audience, valid) in [
            ("https://api.security.microsoft.com/", true),
            ("https://kbgap.example", true),
            ("https://graph.microsoft.com", false),
            ("", false),
        ] {
            assert_eq!(
                issuer.validate(&token(&issuer, audience), NOW).is_ok(),
                valid,
                "{audience}"
            );
        }
    }

    #[test]
    fn a_changed_token_is_refused() {
        let issuer = issuer();
        let token = token(&issuer, DEFAULT_AUDIENCES[0]);
        let parts: Vec<&str> = token.split('.').collect();
        for changed in [
            format!("{}.{}.", parts[0], parts[1]),
            format!("{}.{}.{}", parts[0], parts[1], &parts[2][1..]),
            format!("{}.{}x.{}", parts[0], parts[1], parts[2]),
            String::new(),
            "a.b.c".to_owned(),
            "x".repeat(20_000),
        ] {
            assert!(issuer.validate(&changed, NOW).is_err(), "{changed:.60}");
        }
    }

    #[test]
    fn no_other_algorithm_is_taken() {
        use base64::Engine as _;
        use base64::engine::general_purpose::URL_SAFE_NO_PAD as B64;
        let issuer = issuer();
        let token = token(&issuer, DEFAULT_AUDIENCES[0]);
        let payload = token.split('.').nth(1).unwrap();
        for algorithm in ["none", "HS256", "RS384"] {
            let header = B64.encode(format!(
                r#"{{"alg":"{algorithm}","kid":"{}"}}"#,
                issuer.key.key_id
            ));
            assert!(
                issuer
                    .validate(&format!("{header}.{payload}.AAAA"), NOW)
                    .is_err(),
                "{algorithm}"
            );
        }
    }

    #[test]
    fn another_key_signs_in_vain() {
        let other = SigningKey::from_pkcs8(&SigningKey::generate().unwrap()).unwrap();
        let forged = token(&Issuer::new(other, &[]), DEFAULT_AUDIENCES[0]);
        assert!(issuer().validate(&forged, NOW).is_err());
    }

    #[test]
    fn the_published_key_checks_what_is_issued() {
        let issuer = issuer();
        let token = token(&issuer, DEFAULT_AUDIENCES[0]);
        let keys = serde_json::to_value(issuer.keys()).unwrap();
        let set: jsonwebtoken::jwk::JwkSet = serde_json::from_value(keys).unwrap();
        let kid = decode_header(&token).unwrap().kid.unwrap();
        let key = jsonwebtoken::DecodingKey::from_jwk(set.find(&kid).unwrap()).unwrap();
        let mut validation = Validation::new(Algorithm::RS256);
        validation.set_audience(&[DEFAULT_AUDIENCES[0]]);
        validation.validate_exp = false;
        let payload = decode::<Payload>(&token, &key, &validation).unwrap().claims;
        assert_eq!(payload.appid, "app");
    }

    #[test]
    fn bearer_headers() {
        for header in ["Bearer t", "bearer t", "BEARER   t ", " Bearer t"] {
            assert_eq!(bearer(Some(header)), Ok("t"), "{header}");
        }
        for header in [
            None,
            Some(""),
            Some("Bearer"),
            Some("Bearer "),
            Some("Basic t"),
            Some("Bearer a b"),
            Some("Bearer a\tb"),
        ] {
            assert_eq!(bearer(header), Err(TokenError::Absent), "{header:?}");
        }
    }
}
