//! Remembers validated tokens, since checking a signature costs more than
//! answering most requests.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use sha2::{Digest, Sha256};

use crate::{Claims, Issuer, TokenError};

/// A revoked key or a changed configuration is noticed within a minute.
const SECONDS: i64 = 60;
const ENTRIES: usize = 10_000;

/// Validated tokens by their SHA-256, for at most a minute and never past their end.
#[derive(Debug, Default)]
pub struct TokenCache {
    entries: Mutex<HashMap<[u8; 32], Valid>>,
}

/// What a token says, and until when that is remembered.
type Valid = (Arc<Claims>, i64);

impl TokenCache {
    /// As [`Issuer::validate`], remembering what was valid.
    ///
    /// # Errors
    /// [`TokenError`]; what is invalid is not remembered.
    pub fn validate(
        &self,
        issuer: &Issuer,
        token: &str,
        now: i64,
    ) -> Result<Arc<Claims>, TokenError> {
        let key: [u8; 32] = Sha256::digest(token.as_bytes()).into();
        {
            let entries = self.entries.lock().unwrap_or_else(PoisonError::into_inner);
            if let Some((claims, until)) = entries.get(&key)
                && now < *until
            {
                return Ok(Arc::clone(claims));
            }
        }
        let claims = Arc::new(issuer.validate(token, now)?);
        let until = (now + SECONDS).min(claims.expires_at);
        let mut entries = self.entries.lock().unwrap_or_else(PoisonError::into_inner);
        if entries.len() >= ENTRIES {
            entries.retain(|_, (_, until)| now < *until);
            if entries.len() >= ENTRIES {
                entries.clear();
            }
        }
        entries.insert(key, (Arc::clone(&claims), until));
        Ok(claims)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{DEFAULT_AUDIENCES, Grant, LIFETIME, SigningKey};

    #[test]
    fn nothing_is_remembered_past_its_end() {
        let issuer = Issuer::new(
            SigningKey::from_pkcs8(&SigningKey::generate().unwrap()).unwrap(),
            &[],
        );
        let grant = Grant {
            tenant: "0e2a1c5c-6f0b-4c60-9f0e-111111111111",
            app_id: "app",
            roles: &[],
            scopes: &[],
            audience: DEFAULT_AUDIENCES[0],
        };
        let now = 1_800_000_000;
        let token = issuer.issue(&grant, now).unwrap();
        let cache = TokenCache::default();
        let first = cache.validate(&issuer, &token, now).unwrap();
        assert_eq!(cache.validate(&issuer, &token, now + 1).unwrap(), first);
        assert!(
            cache
                .validate(&issuer, &token, now + LIFETIME + 61)
                .is_err()
        );
        assert!(cache.validate(&issuer, "x", now).is_err());
    }
}
