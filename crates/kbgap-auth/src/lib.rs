//! OAuth 2.0 for the API: issuing and validating tokens; and the keys that sign the feed.
//!
//! - [`Issuer`] signs and validates tokens; [`TokenCache`] remembers valid ones.
//! - [`endpoint`] is the token endpoint without its HTTP.
//! - [`discovery`] are the documents by which clients find it.
//! - [`BundleKey`] signs bundles of the feed.
//! - [`Permission`] is what an endpoint of the API demands of a token.
//!
//! Nothing here reads a clock or a store.

mod bundle_key;
mod cache;
pub mod discovery;
pub mod endpoint;
mod error;
mod ids;
mod key;
mod permission;
mod token;

pub use bundle_key::{
    BundleKey, BundleKeyError, BundlePublicKey, SIGNATURE_LENGTH as BUNDLE_SIGNATURE_LENGTH,
};
pub use cache::TokenCache;
pub use error::{AuthError, TokenError};
pub use ids::{ClientSecret, is_guid, random_guid, secret_matches, secret_sha256};
pub use key::SigningKey;
pub use permission::{
    MissingPermission, Permission, ROLES, SCOPES, UnknownPermission, parse_role, parse_scope,
};
pub use token::{Claims, DEFAULT_AUDIENCES, Grant, Issuer, LIFETIME, bearer};
