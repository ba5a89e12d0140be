//! The form of a bundle: a line that names it, the public key, the signature, the length of the
//! contents (four bytes, little-endian), the contents as JSON, and the stored bodies in
//! the order of the contents. The contents are signed, and have the hash of each body.

use std::fs::File;
use std::io::Read;
use std::path::Path;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use kbgap_auth::{BUNDLE_SIGNATURE_LENGTH, BundleKey, BundlePublicKey};
use kbgap_store::{FeedDocument, FeedHead};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use super::BundleError;

const NAME: &[u8] = b"kbgap feed bundle 1\n";

/// A bundle that was signed by a trusted key and is what was signed.
#[derive(Debug)]
pub struct Bundle {
    /// Who signed it.
    pub key: BundlePublicKey,
    /// When it was made, in seconds since 1970.
    pub created: i64,
    /// Its documents.
    pub(super) documents: Vec<FeedDocument>,
}

#[derive(Deserialize, Serialize)]
#[serde(rename_all = "camelCase")]
struct Contents {
    created: i64,
    documents: Vec<Entry>,
}

#[derive(Deserialize, Serialize)]
#[serde(rename_all = "camelCase")]
struct Entry {
    id: String,
    kind: String,
    current_release: String,
    revision: String,
    content_hash: String,
    vulnerabilities: u32,
    fixes: u32,
    length: u32,
    sha256: String,
}

/// Whether a file is a bundle, by how it begins.
#[must_use]
pub fn is_bundle(file: &Path) -> bool {
    let mut head = [0; NAME.len()];
    let read = File::open(file).and_then(|mut file| file.read_exact(&mut head));
    read.is_ok() && head == NAME
}

pub(super) fn write(
    documents: &[FeedDocument],
    key: &BundleKey,
    created: i64,
) -> Result<Vec<u8>, BundleError> {
    let entries = documents.iter().map(Entry::of);
    let contents = Contents {
        created,
        documents: entries.collect::<Result<_, _>>()?,
    };
    let json = serde_json::to_vec(&contents).map_err(|_| BundleError::NoBundle)?;
    let signed = signed(&json)?;
    let mut file = NAME.to_vec();
    file.extend(key.public()?.as_bytes());
    file.extend(key.sign(&signed)?);
    file.extend(&signed[NAME.len()..]);
    for document in documents {
        file.extend(&document.body);
    }
    Ok(file)
}

/// What is signed: the name, so that a signature of something else is none of a bundle, the
/// length and the contents.
fn signed(json: &[u8]) -> Result<Vec<u8>, BundleError> {
    let length = u32::try_from(json.len())
        .map_err(|_| BundleError::TooLarge("list of contents".to_owned()))?;
    Ok([NAME, &length.to_le_bytes(), json].concat())
}

impl Bundle {
    /// Reads a bundle; nothing of it is looked at before the signature.
    ///
    /// # Errors
    /// [`BundleError`].
    pub fn open(bytes: &[u8], trusted: &[BundlePublicKey]) -> Result<Self, BundleError> {
        const SHORT: BundleError = BundleError::Altered("it is cut off");
        let rest = bytes.strip_prefix(NAME).ok_or(BundleError::NoBundle)?;
        let (key, rest) = rest.split_first_chunk::<32>().ok_or(SHORT)?;
        let key = BundlePublicKey::from_bytes(*key);
        if !trusted.contains(&key) {
            return Err(BundleError::UnknownKey(key));
        }
        let (signature, rest) = rest
            .split_first_chunk::<BUNDLE_SIGNATURE_LENGTH>()
            .ok_or(SHORT)?;
        let (length, rest) = rest.split_first_chunk().ok_or(SHORT)?;
        let length = u32::from_le_bytes(*length) as usize;
        let (json, mut bodies) = rest.split_at_checked(length).ok_or(SHORT)?;
        if !key.has_signed(&signed(json)?, signature) {
            return Err(BundleError::Altered("the signature does not fit"));
        }
        let contents: Contents = serde_json::from_slice(json).map_err(|_| BundleError::NoBundle)?;
        let mut documents = Vec::with_capacity(contents.documents.len());
        for entry in contents.documents {
            let body;
            (body, bodies) = bodies
                .split_at_checked(entry.length as usize)
                .ok_or(SHORT)?;
            documents.push(entry.document(body)?);
        }
        if !bodies.is_empty() {
            return Err(BundleError::Altered("something follows its end"));
        }
        Ok(Self {
            key,
            created: contents.created,
            documents,
        })
    }

    /// How many documents it has.
    #[must_use]
    pub fn len(&self) -> usize {
        self.documents.len()
    }

    /// Whether it has none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.documents.is_empty()
    }
}

impl Entry {
    fn of(document: &FeedDocument) -> Result<Self, BundleError> {
        let FeedDocument { head, body } = document;
        Ok(Self {
            id: head.id.clone(),
            kind: head.kind.clone(),
            current_release: head.current_release.clone(),
            revision: head.revision.clone(),
            content_hash: STANDARD.encode(head.content_hash),
            vulnerabilities: head.vulnerabilities,
            fixes: head.fixes,
            length: u32::try_from(body.len())
                .map_err(|_| BundleError::TooLarge(head.id.clone()))?,
            sha256: STANDARD.encode(Sha256::digest(body)),
        })
    }

    fn document(self, body: &[u8]) -> Result<FeedDocument, BundleError> {
        if STANDARD.encode(Sha256::digest(body)) != self.sha256 {
            return Err(BundleError::Altered("a document is not what was signed"));
        }
        let hash = STANDARD.decode(&self.content_hash).ok();
        let head = FeedHead {
            id: self.id,
            kind: self.kind,
            current_release: self.current_release,
            revision: self.revision,
            content_hash: hash
                .and_then(|hash| hash.try_into().ok())
                .ok_or(BundleError::NoBundle)?,
            vulnerabilities: self.vulnerabilities,
            fixes: self.fixes,
        };
        Ok(FeedDocument {
            head,
            body: body.to_vec(),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn documents() -> Vec<FeedDocument> {
        ["2020-Mar", "list:of a new kind"]
            .iter()
            .map(|id| FeedDocument {
                head: FeedHead {
                    id: (*id).to_owned(),
                    kind: id[..4].to_owned(),
                    current_release: "1584000000".to_owned(),
                    revision: "1.2".to_owned(),
                    content_hash: [7; 32],
                    vulnerabilities: 3,
                    fixes: 4,
                },
                body: id.as_bytes().repeat(3),
            })
            .collect()
    }

    #[test]
    fn what_goes_in_comes_out_whatever_its_kind() {
        let key = BundleKey::generate().unwrap();
        let trusted = [key.public().unwrap()];
        let bytes = write(&documents(), &key, 99).unwrap();
        let bundle = Bundle::open(&bytes, &trusted).unwrap();
        assert_eq!((bundle.created, bundle.key), (99, trusted[0]));
        assert_eq!(bundle.documents, documents());
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("x");
        std::fs::write(&file, &bytes).unwrap();
        assert!(is_bundle(&file));
        std::fs::write(&file, "<cvrfdoc>").unwrap();
        assert!(!is_bundle(&file) && !is_bundle(folder.path()));
    }

    #[test]
    fn no_byte_of_it_can_be_another_and_none_be_left_out() {
        let key = BundleKey::generate().unwrap();
        let trusted = [key.public().unwrap()];
        let bytes = write(&documents(), &key, 99).unwrap();
        for position in 0..bytes.len() {
            let mut altered = bytes.clone();
            altered[position] ^= 1;
            assert!(Bundle::open(&altered, &trusted).is_err(), "{position}");
            assert!(
                Bundle::open(&bytes[..position], &trusted).is_err(),
                "{position}"
            );
        }
        let longer = [&bytes[..], b"x"].concat();
        assert!(Bundle::open(&longer, &trusted).is_err());
    }

    #[test]
    fn only_trusted_keys_count() {
        let key = BundleKey::generate().unwrap();
        let bytes = write(&documents(), &key, 99).unwrap();
        let other = BundleKey::generate().unwrap().public().unwrap();
        for trusted in [&[][..], &[other]] {
            let refused = Bundle::open(&bytes, trusted);
            assert!(
                matches!(refused, Err(BundleError::UnknownKey(k)) if k == key.public().unwrap())
            );
        }
        // Another one's key before what this one has signed.
        let mut forged = bytes;
        forged[NAME.len()..NAME.len() + 32].copy_from_slice(other.as_bytes());
        assert!(matches!(
            Bundle::open(&forged, &[other]),
            Err(BundleError::Altered(_))
        ));
    }
}
