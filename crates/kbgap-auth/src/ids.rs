//! Ids and secrets made of randomness.

use std::fmt::Write as _;

use base64::Engine as _;
use base64::alphabet::Alphabet;
use base64::engine::general_purpose::{self, GeneralPurpose};
use sha2::{Digest, Sha256};
use subtle::ConstantTimeEq;

use crate::AuthError;

/// As base64 for URLs, with a dot for the dash: on a command line a secret that begins
/// with a dash would be an option. Leaving such secrets out would cost randomness.
const SECRET: GeneralPurpose = GeneralPurpose::new(
    &match Alphabet::new("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789._") {
        Ok(alphabet) => alphabet,
        Err(_) => base64::alphabet::URL_SAFE,
    },
    general_purpose::NO_PAD,
);

/// A random GUID of version 4, lower-case.
///
/// # Errors
/// [`AuthError::Random`] when the system has no randomness to give.
pub fn random_guid() -> Result<String, AuthError> {
    let mut bytes = [0_u8; 16];
    getrandom::fill(&mut bytes).map_err(|_| AuthError::Random)?;
    bytes[6] = (bytes[6] & 0x0f) | 0x40;
    bytes[8] = (bytes[8] & 0x3f) | 0x80;
    let mut guid = String::with_capacity(36);
    for (i, byte) in bytes.iter().enumerate() {
        if matches!(i, 4 | 6 | 8 | 10) {
            guid.push('-');
        }
        // Writing to a String cannot fail.
        let _ = write!(guid, "{byte:02x}");
    }
    Ok(guid)
}

/// Whether a text is a GUID.
#[must_use]
pub fn is_guid(text: &str) -> bool {
    text.len() == 36
        && text.bytes().enumerate().all(|(i, b)| match i {
            8 | 13 | 18 | 23 => b == b'-',
            _ => b.is_ascii_hexdigit(),
        })
}

/// A secret of an application, a secret to enroll or the key of a node: 256 random bits. It is shown once; what is stored is its
/// SHA-256. A slow hash would add nothing to 256 bits but a lever for denial of
/// service.
pub struct ClientSecret(String);

impl ClientSecret {
    /// A new secret.
    ///
    /// # Errors
    /// [`AuthError::Random`] when the system has no randomness to give.
    pub fn random() -> Result<Self, AuthError> {
        let mut bytes = [0_u8; 32];
        getrandom::fill(&mut bytes).map_err(|_| AuthError::Random)?;
        Ok(Self(SECRET.encode(bytes)))
    }

    /// The secret in clear, for showing it once.
    #[must_use]
    pub fn reveal(&self) -> &str {
        &self.0
    }

    /// What is stored of it.
    #[must_use]
    pub fn sha256(&self) -> [u8; 32] {
        secret_sha256(&self.0)
    }
}

impl std::fmt::Debug for ClientSecret {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("ClientSecret(…)")
    }
}

/// Whether a secret that was sent is the stored one, in constant time. Where none
/// is known, the same work is done against nothing.
#[must_use]
pub fn secret_matches(sent: &str, stored: Option<&[u8; 32]>) -> bool {
    let known = stored.is_some();
    let stored = stored.copied().unwrap_or_default();
    bool::from(secret_sha256(sent).ct_eq(&stored)) && known
}

/// What is stored of a secret, to look for it by.
#[must_use]
pub fn secret_sha256(text: &str) -> [u8; 32] {
    Sha256::digest(text.as_bytes()).into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn guids_have_their_form_and_differ() {
        let (a, b) = (random_guid().unwrap(), random_guid().unwrap());
        assert!(is_guid(&a) && is_guid(&b) && a != b, "{a} {b}");
        assert_eq!(a.as_bytes()[14], b'4');
        assert!(!is_guid("x") && !is_guid(&a.replace('-', "0")));
    }

    #[test]
    fn secrets_are_no_options_and_need_no_quotes() {
        for _ in 0..1_000 {
            let secret = ClientSecret::random().unwrap();
            let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '_');
            assert!(secret.reveal().chars().all(plain), "{}", secret.reveal());
        }
    }

    #[test]
    fn secrets_match_only_themselves_and_never_show() {
        let secret = ClientSecret::random().unwrap();
        assert_eq!(secret.reveal().len(), 43);
        assert!(secret_matches(secret.reveal(), Some(&secret.sha256())));
        assert!(!secret_matches("other", Some(&secret.sha256())));
        assert!(!secret_matches(secret.reveal(), None));
        assert!(!format!("{secret:?}").contains(secret.reveal()));
    }
}
