//! The signing key: RSA of 2048 bits, because RS256 is what clients of the
//! original service expect.

use aws_lc_rs::encoding::AsDer;
use aws_lc_rs::hmac;
use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::rsa::{KeyPair, KeySize};
use aws_lc_rs::signature::KeyPair as _;
use aws_lc_rs::signature::RSA_PKCS1_SHA256;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jsonwebtoken::DecodingKey;
use sha2::{Digest, Sha256};

use crate::AuthError;
use crate::discovery::Jwk;

/// A signing key with its public part.
pub struct SigningKey {
    pair: KeyPair,
    pub(crate) decoding: DecodingKey,
    pub(crate) key_id: String,
    links: hmac::Key,
}

impl SigningKey {
    /// Makes a key and returns it as PKCS#8 for storing. Takes a tenth of a
    /// second or more, so not on the way of a request.
    ///
    /// # Errors
    /// [`AuthError::Random`] when the system has no randomness to give.
    pub fn generate() -> Result<Vec<u8>, AuthError> {
        let pair = KeyPair::generate(KeySize::Rsa2048).map_err(|_| AuthError::Random)?;
        let der = pair.as_der().map_err(|_| AuthError::Key)?;
        Ok(der.as_ref().to_vec())
    }

    /// Takes a stored key.
    ///
    /// # Errors
    /// [`AuthError::Key`] when the bytes are no RSA key.
    pub fn from_pkcs8(pkcs8: &[u8]) -> Result<Self, AuthError> {
        let pair = KeyPair::from_pkcs8(pkcs8).map_err(|_| AuthError::Key)?;
        let public = pair.public_key().as_ref();
        let decoding = DecodingKey::from_rsa_der(public);
        let key_id = URL_SAFE_NO_PAD.encode(&Sha256::digest(public)[..16]);
        // Whoever holds the private key may sign links, and nobody else.
        let mut secret = Sha256::new();
        secret.update(b"kbgap links ");
        secret.update(pkcs8);
        Ok(Self {
            pair,
            decoding,
            key_id,
            links: hmac::Key::new(hmac::HMAC_SHA256, &secret.finalize()),
        })
    }

    pub(crate) fn sign_link(&self, text: &str) -> String {
        URL_SAFE_NO_PAD.encode(hmac::sign(&self.links, text.as_bytes()))
    }

    pub(crate) fn verify_link(&self, text: &str, signature: &str) -> bool {
        URL_SAFE_NO_PAD
            .decode(signature)
            .is_ok_and(|tag| hmac::verify(&self.links, text.as_bytes(), &tag).is_ok())
    }

    /// The public part.
    pub(crate) fn jwk(&self) -> Jwk {
        let key = self.pair.public_key();
        let number = |value: aws_lc_rs::io::Positive<'_>| {
            URL_SAFE_NO_PAD.encode(value.big_endian_without_leading_zero())
        };
        Jwk {
            kty: "RSA",
            purpose: "sig",
            alg: "RS256",
            kid: self.key_id.clone(),
            n: number(key.modulus()),
            e: number(key.exponent()),
        }
    }

    /// Signs a token in its compact form: RS256. Done here because the token
    /// library wants private keys in PKCS#1, which what makes them does not write.
    pub(crate) fn sign(&self, payload: &impl serde::Serialize) -> Result<String, AuthError> {
        let failed = |e: serde_json::Error| AuthError::Sign(e.to_string());
        let header = serde_json::json!({ "typ": "JWT", "alg": "RS256", "kid": self.key_id });
        let mut token = URL_SAFE_NO_PAD.encode(serde_json::to_vec(&header).map_err(failed)?);
        token.push('.');
        URL_SAFE_NO_PAD.encode_string(serde_json::to_vec(payload).map_err(failed)?, &mut token);
        let mut signature = vec![0; self.pair.public_modulus_len()];
        self.pair
            .sign(
                &RSA_PKCS1_SHA256,
                &SystemRandom::new(),
                token.as_bytes(),
                &mut signature,
            )
            .map_err(|_| AuthError::Sign("the key failed".to_owned()))?;
        token.push('.');
        URL_SAFE_NO_PAD.encode_string(signature, &mut token);
        Ok(token)
    }
}

impl std::fmt::Debug for SigningKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("SigningKey")
            .field("key_id", &self.key_id)
            .finish_non_exhaustive()
    }
}
