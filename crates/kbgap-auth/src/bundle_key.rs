//! The keys that vouch for bundles of the feed: Ed25519. The private one is a file of its
//! owner, in the form that OpenSSL reads and writes, too; the public one is a word.

use std::fmt;
use std::str::FromStr;

use aws_lc_rs::encoding::{AsDer, Pkcs8V1Der};
use aws_lc_rs::signature::{ED25519, Ed25519KeyPair, KeyPair as _, UnparsedPublicKey};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

const BEGIN: &str = "-----BEGIN PRIVATE KEY-----";
const END: &str = "-----END PRIVATE KEY-----";

/// The length of a signature in bytes.
pub const SIGNATURE_LENGTH: usize = 64;

/// A key that cannot be used.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum BundleKeyError {
    /// The system gave no randomness.
    #[error("the system's random number generator failed")]
    Random,
    /// The text is no private key.
    #[error("is no Ed25519 private key in PEM: make one with `kbgap feed keygen FILE`")]
    Private,
    /// The text is no public key.
    #[error("is no public key: expected the 44 characters that `kbgap feed keygen` prints")]
    Public,
}

/// A private key.
pub struct BundleKey(Ed25519KeyPair);

/// A public key.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct BundlePublicKey([u8; 32]);

impl BundleKey {
    /// Makes a key.
    ///
    /// # Errors
    /// [`BundleKeyError::Random`].
    pub fn generate() -> Result<Self, BundleKeyError> {
        Ed25519KeyPair::generate()
            .map(Self)
            .map_err(|_| BundleKeyError::Random)
    }

    /// Reads a key from PEM.
    ///
    /// # Errors
    /// [`BundleKeyError::Private`].
    pub fn from_pem(text: &str) -> Result<Self, BundleKeyError> {
        let inner = text
            .split_once(BEGIN)
            .and_then(|(_, rest)| rest.split_once(END))
            .ok_or(BundleKeyError::Private)?;
        let base64: String = inner.0.split_whitespace().collect();
        let der = STANDARD
            .decode(base64)
            .map_err(|_| BundleKeyError::Private)?;
        Ed25519KeyPair::from_pkcs8_maybe_unchecked(&der)
            .map(Self)
            .map_err(|_| BundleKeyError::Private)
    }

    /// The key as PEM; whoever has it can sign.
    ///
    /// # Errors
    /// [`BundleKeyError::Private`], which a key that was made cannot cause in practice.
    pub fn to_pem(&self) -> Result<String, BundleKeyError> {
        let der: Pkcs8V1Der<'_> = self.0.as_der().map_err(|_| BundleKeyError::Private)?;
        Ok(format!(
            "{BEGIN}\n{}\n{END}\n",
            STANDARD.encode(der.as_ref())
        ))
    }

    /// The public key that goes with it.
    ///
    /// # Errors
    /// [`BundleKeyError::Private`], which no key causes in practice.
    pub fn public(&self) -> Result<BundlePublicKey, BundleKeyError> {
        let bytes = self.0.public_key().as_ref().try_into();
        bytes
            .map(BundlePublicKey)
            .map_err(|_| BundleKeyError::Private)
    }

    /// Signs a message.
    ///
    /// # Errors
    /// [`BundleKeyError::Private`], which no key causes in practice.
    pub fn sign(&self, message: &[u8]) -> Result<[u8; SIGNATURE_LENGTH], BundleKeyError> {
        let signature = self
            .0
            .try_sign(message)
            .map_err(|_| BundleKeyError::Private)?;
        let bytes = signature.as_ref().try_into();
        bytes.map_err(|_| BundleKeyError::Private)
    }
}

impl BundlePublicKey {
    /// The key of these bytes.
    #[must_use]
    pub const fn from_bytes(bytes: [u8; 32]) -> Self {
        Self(bytes)
    }

    /// Its bytes.
    #[must_use]
    pub const fn as_bytes(&self) -> &[u8; 32] {
        &self.0
    }

    /// Whether the owner of the private key has signed the message.
    #[must_use]
    pub fn has_signed(&self, message: &[u8], signature: &[u8]) -> bool {
        UnparsedPublicKey::new(&ED25519, &self.0)
            .verify(message, signature)
            .is_ok()
    }
}

impl fmt::Display for BundlePublicKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&STANDARD.encode(self.0))
    }
}

impl FromStr for BundlePublicKey {
    type Err = BundleKeyError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let bytes = STANDARD.decode(text.trim()).ok();
        bytes
            .and_then(|bytes| bytes.try_into().ok())
            .map(Self)
            .ok_or(BundleKeyError::Public)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_one_key_signs_its_public_key_knows_and_no_other() {
        let key = BundleKey::generate().unwrap();
        let again = BundleKey::from_pem(&key.to_pem().unwrap()).unwrap();
        let public = key.public().unwrap();
        assert_eq!(again.public().unwrap(), public);
        assert_eq!(public.to_string().parse(), Ok(public));
        assert_eq!(public.to_string().len(), 44);
        let signature = again.sign(b"message").unwrap();
        assert!(public.has_signed(b"message", &signature));
        assert!(!public.has_signed(b"massage", &signature));
        assert!(!public.has_signed(b"message", &signature[1..]));
        let other = BundleKey::generate().unwrap().public().unwrap();
        assert!(!other.has_signed(b"message", &signature));
    }

    #[test]
    fn what_openssl_makes_can_be_used() {
        // The private key of RFC 8410, section 10.3.
        let pem = format!(
            "{BEGIN}\nMC4CAQAwBQYDK2VwBCIEINTuctv5E1hK1bbY8fdp+K06/nwoy/HU++CXqI9EdVhC\n{END}\n"
        );
        let public = BundleKey::from_pem(&pem).unwrap().public().unwrap();
        assert_eq!(
            public.to_string(),
            "Gb9ECWmEzf6FQbrBZ9w7lshQhqowtrbLDFw4rXAxZuE="
        );
    }

    #[test]
    fn what_is_no_key_is_refused() {
        let wrong = format!("{BEGIN}\nAAAA\n{END}\n");
        for text in ["", "-----BEGIN", &wrong] {
            assert_eq!(
                BundleKey::from_pem(text).err(),
                Some(BundleKeyError::Private)
            );
        }
        for text in ["", "AAAA", "not base64 at all"] {
            assert_eq!(text.parse::<BundlePublicKey>(), Err(BundleKeyError::Public));
        }
    }
}
