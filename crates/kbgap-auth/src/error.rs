//! What can go wrong with keys and tokens.

/// An error of issuing.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum AuthError {
    /// The system gave no randomness.
    #[error("the system's random number generator failed")]
    Random,
    /// The stored signing key cannot be read.
    #[error(
        "the stored signing key cannot be read: remove it and every token has to be issued anew"
    )]
    Key,
    /// Signing failed.
    #[error("a token could not be signed: {0}")]
    Sign(String),
}

/// Why a token is refused. The words are for logs: the caller is told the same
/// for all of them.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum TokenError {
    /// There is no `Authorization: Bearer` header.
    #[error("no bearer token")]
    Absent,
    /// The token is longer than any that is issued.
    #[error("the token is too long")]
    TooLong,
    /// It is no token, or its signature, audience, issuer or time does not hold.
    #[error("{0}")]
    Invalid(String),
}
