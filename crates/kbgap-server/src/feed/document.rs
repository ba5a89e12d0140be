//! How a document is kept in the store: Postcard, compressed, after a byte that
//! tells the version of the form.

use kbgap_catalog::DocumentRecord;
use sha2::{Digest, Sha256};

const VERSION: u8 = 1;

/// A stored document that cannot be read.
#[derive(Debug, thiserror::Error)]
#[error("the stored document {id} cannot be read ({reason}): import it again")]
pub struct DocumentError {
    id: String,
    reason: String,
}

/// The stored form of a document, and the hash of its content.
pub(super) fn encode(document: &DocumentRecord) -> Result<(Vec<u8>, [u8; 32]), DocumentError> {
    let failed = |reason: String| DocumentError {
        id: document.id.clone(),
        reason,
    };
    let plain = postcard::to_stdvec(document).map_err(|e| failed(e.to_string()))?;
    let hash = Sha256::digest(&plain).into();
    let mut body = vec![VERSION];
    body.extend(zstd::bulk::compress(&plain, 1).map_err(|e| failed(e.to_string()))?);
    Ok((body, hash))
}

pub(super) fn decode(id: &str, body: &[u8]) -> Result<DocumentRecord, DocumentError> {
    let failed = |reason: String| DocumentError {
        id: id.to_owned(),
        reason,
    };
    let Some((&VERSION, packed)) = body.split_first() else {
        return Err(failed("it is of another version".to_owned()));
    };
    let plain = zstd::stream::decode_all(packed).map_err(|e| failed(e.to_string()))?;
    postcard::from_bytes(&plain).map_err(|e| failed(e.to_string()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_encoded_comes_back() {
        let xml = b"<cvrfdoc><DocumentTitle>T</DocumentTitle><DocumentTracking><Identification><ID>2020-Mar</ID>\
            </Identification><CurrentReleaseDate>2020-03-12T08:00:00</CurrentReleaseDate></DocumentTracking></cvrfdoc>";
        let document = kbgap_feed::cvrf::read(kbgap_feed::source::from_bytes("x", xml)).unwrap();
        let (body, hash) = encode(&document).unwrap();
        assert_eq!(decode("2020-Mar", &body).unwrap(), document);
        assert_eq!(encode(&document).unwrap().1, hash);
        assert!(decode("2020-Mar", &body[..body.len() - 1]).is_err());
        assert!(decode("2020-Mar", &[]).is_err());
    }
}
