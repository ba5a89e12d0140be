//! Reading bodies: limited, and unpacked where they are packed.

use std::future::poll_fn;
use std::io::Read;
use std::pin::Pin;
use std::time::Duration;

use axum::body::{Body, Bytes, HttpBody};
use axum::http::HeaderMap;
use axum::http::header::{CONTENT_ENCODING, EXPECT};
use kbgap_odata::ErrorCode;

use crate::http::Failure;
use crate::state::AppState;

/// How long the next piece of a body may take.
const PIECE: Duration = Duration::from_secs(30);
/// How long a client that is refused may go on sending.
const DISCARD: Duration = Duration::from_secs(10);

/// How far back what was packed by zstd may point, as a power of two: 8 MiB are what
/// RFC 9659 allows in HTTP, and a client could have as much memory taken for each body.
const WINDOW: u32 = 23;

/// A body as it came, perhaps packed.
pub(crate) struct Packed {
    bytes: Vec<u8>,
    encoding: String,
    limit: usize,
}

/// The body of a request; 413 where it is larger than `limit` bytes, packed or unpacked.
pub(crate) async fn read_body(
    headers: &HeaderMap,
    mut body: Body,
    limit: usize,
) -> Result<Packed, Failure> {
    let unreadable = |_| Failure::new(ErrorCode::InvalidRequestBody, "The body could not be read.");
    let declared = body.size_hint().lower();
    let mut bytes = Vec::new();
    if declared <= limit as u64 {
        while let Some(piece) = next_piece(&mut body).await.map_err(unreadable)? {
            bytes.extend_from_slice(&piece);
            if bytes.len() > limit {
                break;
            }
        }
    }
    if declared > limit as u64 || bytes.len() > limit {
        drop(bytes);
        discard(headers, body).await;
        return Err(too_large(limit));
    }
    Ok(Packed::new(headers, bytes, limit))
}

/// Takes what a refused client still sends: one that is cut off while sending sees a
/// broken connection and never the answer. One that waits to be told to send is not told.
pub(crate) async fn discard(headers: &HeaderMap, mut body: Body) {
    if !headers.contains_key(EXPECT) {
        let rest = async { while let Ok(Some(_)) = next_piece(&mut body).await {} };
        // After that the connection is closed whether the client has seen it or not.
        let _ = tokio::time::timeout(DISCARD, rest).await;
    }
}

/// The next piece of a body; an error where it takes too long.
pub(crate) async fn next_piece(
    body: &mut Body,
) -> Result<Option<Bytes>, Box<dyn std::error::Error>> {
    loop {
        let frame = poll_fn(|cx| Pin::new(&mut *body).poll_frame(cx));
        match tokio::time::timeout(PIECE, frame).await?.transpose()? {
            None => return Ok(None),
            // What is no data is a trailer, which says nothing here.
            Some(frame) => {
                if let Ok(data) = frame.into_data() {
                    return Ok(Some(data));
                }
            }
        }
    }
}

/// How a body is packed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Encoding {
    Identity,
    Gzip,
    Zstd,
}

impl Encoding {
    /// What the headers say; 415 for a packing that is not known.
    pub(crate) fn of(headers: &HeaderMap) -> Result<Self, Failure> {
        Self::named(&name(headers))
    }

    fn named(name: &str) -> Result<Self, Failure> {
        match name {
            "identity" | "" => Ok(Self::Identity),
            "gzip" | "x-gzip" => Ok(Self::Gzip),
            "zstd" => Ok(Self::Zstd),
            other => {
                let other: String = other.chars().take(40).collect();
                let message =
                    format!("The content encoding '{other}' is not known; use gzip or zstd.");
                Err(Failure::new(ErrorCode::UnsupportedMediaType, message))
            }
        }
    }

    /// Unpacks while it is read. Unpacking takes its time, so not on the runtime's threads.
    pub(crate) fn reader<'r>(
        self,
        packed: Box<dyn Read + 'r>,
    ) -> Result<Box<dyn Read + 'r>, Failure> {
        Ok(match self {
            Self::Identity => packed,
            Self::Gzip => Box::new(flate2::read::MultiGzDecoder::new(packed)),
            Self::Zstd => {
                let mut unpacked =
                    zstd::stream::read::Decoder::new(packed).map_err(Failure::internal)?;
                unpacked.window_log_max(WINDOW).map_err(Failure::internal)?;
                Box::new(unpacked)
            }
        })
    }

    /// The body is not packed as it says.
    pub(crate) fn violated(self) -> Failure {
        let encoding = match self {
            Self::Identity => "text",
            Self::Gzip => "gzip",
            Self::Zstd => "zstd, or needs a window above 8 MiB",
        };
        Failure::new(
            ErrorCode::InvalidRequestBody,
            format!("The body is no valid {encoding}."),
        )
    }
}

/// The name of a packing, in lower case.
fn name(headers: &HeaderMap) -> String {
    let name = headers.get(CONTENT_ENCODING).and_then(|h| h.to_str().ok());
    name.unwrap_or("identity").trim().to_ascii_lowercase()
}

impl Packed {
    /// What came of a request with these headers, which may be `limit` bytes when it is
    /// unpacked.
    pub(crate) fn new(headers: &HeaderMap, bytes: Vec<u8>, limit: usize) -> Self {
        Self {
            bytes,
            encoding: name(headers),
            limit,
        }
    }

    /// Whether it is not packed at all, and how long it is then.
    pub(crate) fn plain_len(&self) -> Option<usize> {
        let encoding = Encoding::named(&self.encoding).ok()?;
        (encoding == Encoding::Identity).then_some(self.bytes.len())
    }

    /// The body in clear; 415 for a packing that is not known. Unpacking takes its time,
    /// so not on the runtime's threads.
    pub(crate) fn unpack(self) -> Result<Vec<u8>, Failure> {
        let Self {
            bytes,
            encoding,
            limit,
        } = self;
        let encoding = Encoding::named(&encoding)?;
        if encoding == Encoding::Identity {
            return Ok(bytes);
        }
        let mut unpacked = Vec::new();
        encoding
            .reader(Box::new(&bytes[..]))?
            .take(limit as u64 + 1)
            .read_to_end(&mut unpacked)
            .map_err(|_| encoding.violated())?;
        if unpacked.len() > limit {
            return Err(too_large(limit));
        }
        Ok(unpacked)
    }
}

pub(crate) fn too_large(limit: usize) -> Failure {
    let limit = match limit >> 20 {
        0 => format!("{} kB", limit >> 10),
        mega => format!("{mega} MB"),
    };
    Failure::new(
        ErrorCode::PayloadTooLarge,
        format!("The body is larger than {limit}."),
    )
}

/// A large body takes seconds to read and many times its size in memory, so only as many
/// are read at once as there are cores to do it.
pub(crate) async fn off_the_runtime<T: Send + 'static>(
    state: &AppState,
    read: impl FnOnce() -> Result<T, Failure> + Send + 'static,
) -> Result<T, Failure> {
    let _permit = state.readers.acquire().await.map_err(Failure::internal)?;
    tokio::task::spawn_blocking(read)
        .await
        .map_err(Failure::internal)?
}
