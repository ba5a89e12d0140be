//! Reading bodies: limited, and unpacked where they are packed.

use std::io::Read;

use axum::body::{Body, to_bytes};
use axum::http::HeaderMap;
use axum::http::header::CONTENT_ENCODING;
use kbgap_odata::ErrorCode;

use crate::http::Failure;

/// The body of a request, unpacked; 413 where it is larger than `limit` bytes,
/// packed or unpacked, 415 for a packing that is not known.
pub(crate) async fn read_body(
    headers: &HeaderMap,
    body: Body,
    limit: usize,
) -> Result<Vec<u8>, Failure> {
    let too_large = || {
        Failure::new(
            ErrorCode::PayloadTooLarge,
            format!("The body is larger than {} MB.", limit >> 20),
        )
    };
    let bytes = to_bytes(body, limit).await.map_err(|error| {
        let source = std::error::Error::source(&error)
            .map(ToString::to_string)
            .unwrap_or_default();
        if source.contains("limit") {
            too_large()
        } else {
            Failure::new(ErrorCode::InvalidRequestBody, "The body could not be read.")
        }
    })?;
    let encoding = headers
        .get(CONTENT_ENCODING)
        .and_then(|h| h.to_str().ok())
        .unwrap_or("identity");
    let packed: Box<dyn Read> = match encoding.trim().to_ascii_lowercase().as_str() {
        "identity" | "" => return Ok(bytes.into()),
        "gzip" => Box::new(flate2::read::MultiGzDecoder::new(&bytes[..])),
        "zstd" => {
            Box::new(zstd::stream::read::Decoder::new(&bytes[..]).map_err(Failure::internal)?)
        }
        other => {
            let other: String = other.chars().take(40).collect();
            let message = format!("The content encoding '{other}' is not known; use gzip or zstd.");
            return Err(Failure::new(ErrorCode::UnsupportedMediaType, message));
        }
    };
    let mut unpacked = Vec::new();
    packed
        .take(limit as u64 + 1)
        .read_to_end(&mut unpacked)
        .map_err(|_| {
            Failure::new(
                ErrorCode::InvalidRequestBody,
                format!("The body is no valid {encoding}."),
            )
        })?;
    if unpacked.len() > limit {
        return Err(too_large());
    }
    Ok(unpacked)
}
