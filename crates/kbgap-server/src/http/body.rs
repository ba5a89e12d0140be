//! Reading bodies: limited, and unpacked where they are packed.

use std::io::Read;

use axum::body::Body;
use axum::http::HeaderMap;
use axum::http::header::CONTENT_ENCODING;
use futures_util::StreamExt;
use kbgap_odata::ErrorCode;

use crate::http::Failure;

/// How many times the limit is read of a body that is too large. A client that is
/// still sending when the connection closes sees a broken pipe and not the answer.
const READ_ON: usize = 4;

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
    let bytes = collect(body, limit)
        .await
        .map_err(|_| Failure::new(ErrorCode::InvalidRequestBody, "The body could not be read."))?
        .ok_or_else(too_large)?;
    let encoding = headers
        .get(CONTENT_ENCODING)
        .and_then(|h| h.to_str().ok())
        .unwrap_or("identity");
    let packed: Box<dyn Read> = match encoding.trim().to_ascii_lowercase().as_str() {
        "identity" | "" => return Ok(bytes),
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

/// The bytes as they come; `None` where there are more than `limit`.
async fn collect(body: Body, limit: usize) -> Result<Option<Vec<u8>>, axum::Error> {
    let mut chunks = body.into_data_stream();
    let (mut bytes, mut length) = (Vec::new(), 0_usize);
    while let Some(chunk) = chunks.next().await {
        let chunk = chunk?;
        length = length.saturating_add(chunk.len());
        if length <= limit {
            bytes.extend_from_slice(&chunk);
        } else if length > limit.saturating_mul(READ_ON) {
            break;
        }
    }
    Ok((length <= limit).then_some(bytes))
}
