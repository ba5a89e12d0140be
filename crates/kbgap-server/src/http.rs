//! Requests and responses in the manner of the API.

mod auth;
mod base_url;
mod body;
mod rate_limit;
mod response;
mod stream;

pub(crate) use auth::{Access, authenticate};
pub(crate) use base_url::{BaseUrl, base_url, is_host};
pub(crate) use body::{
    Encoding, Packed, discard, next_piece, off_the_runtime, read_body, too_large,
};
pub(crate) use rate_limit::{Class, Limits};
pub(crate) use response::{Failure, ODATA_VERSION, json, json_body, json_headers};
pub(crate) use stream::{piped, streamed};
