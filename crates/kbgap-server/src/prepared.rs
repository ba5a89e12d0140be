//! Answers that are kept until the fleet changes.
//!
//! The rows of getmissingkbs are the same for everybody of a tenant until a machine
//! changes, falls silent or comes back, or the feed changes; a check-in that only moves a
//! time changes nothing. So the bytes are kept, and with them an ETag by which a client
//! that has them need not get them again.

use std::collections::HashMap;
use std::sync::{Arc, PoisonError, RwLock};

use axum::body::{Body, Bytes};
use axum::http::header::{CACHE_CONTROL, ETAG, HeaderValue, IF_NONE_MATCH};
use axum::http::{HeaderMap, Response, StatusCode};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use kbgap_fleet::Fleet;
use sha2::{Digest, Sha256};

use crate::call::Call;
use crate::http::json_body;

/// Answers that are kept at a time: clients may write one question in many ways.
const KEPT: usize = 1_024;
/// The longest question whose answer is kept, in bytes.
const LONGEST: usize = 512;

/// The answers that are kept.
#[derive(Default)]
pub(crate) struct Prepared {
    answers: RwLock<HashMap<String, Arc<Answer>>>,
}

struct Answer {
    /// Of the fleet that it tells of.
    composition: u64,
    body: Bytes,
    etag: HeaderValue,
}

impl Prepared {
    /// The answer to a request, where it is kept and still holds.
    pub(crate) fn find(&self, call: &Call) -> Option<Response<Body>> {
        let composition = call.tenant_fleet().composition_at(call.now())?;
        let answers = self.answers.read().unwrap_or_else(PoisonError::into_inner);
        let answer = answers.get(&question(call)?)?;
        (answer.composition == composition).then(|| answer.respond(&call.parts.headers))
    }

    /// Answers a request with what was made of a fleet, and keeps it.
    pub(crate) fn keep(&self, call: &Call, fleet: &Fleet, body: Vec<u8>) -> Response<Body> {
        let hash = Sha256::digest(&body);
        let etag = format!("\"{}\"", URL_SAFE_NO_PAD.encode(&hash[..18]));
        let answer = Arc::new(Answer {
            composition: fleet.composition_at(call.now()).unwrap_or_default(),
            body: body.into(),
            // Base64 is within what a header takes.
            etag: HeaderValue::try_from(etag).unwrap_or(HeaderValue::from_static("\"\"")),
        });
        if let Some(question) = question(call).filter(|_| answer.composition > 0) {
            let mut answers = self.answers.write().unwrap_or_else(PoisonError::into_inner);
            if answers.len() >= KEPT && !answers.contains_key(&question) {
                answers.clear();
            }
            answers.insert(question, Arc::clone(&answer));
        }
        answer.respond(&call.parts.headers)
    }
}

impl Answer {
    fn respond(&self, headers: &HeaderMap) -> Response<Body> {
        let mut response = if is_known(headers, &self.etag) {
            let mut response = Response::new(Body::empty());
            *response.status_mut() = StatusCode::NOT_MODIFIED;
            response
        } else {
            json_body(StatusCode::OK, Body::from(self.body.clone()))
        };
        let headers = response.headers_mut();
        headers.insert(ETAG, self.etag.clone());
        // It may be stored by who asked, and has to be asked for each time.
        let private = HeaderValue::from_static("private, no-cache");
        headers.insert(CACHE_CONTROL, private);
        response
    }
}

/// All that an answer depends on beside the fleet.
fn question(call: &Call) -> Option<String> {
    let (path, query) = (call.parts.uri.path(), call.query());
    (path.len() + query.len() <= LONGEST).then(|| {
        format!(
            "{}\n{path}\n{query}\n{}",
            call.claims.tenant,
            call.base_url()
        )
    })
}

/// Whether the client has what the tag stands for.
fn is_known(headers: &HeaderMap, etag: &HeaderValue) -> bool {
    let given = headers.get_all(IF_NONE_MATCH).iter();
    let given = given.filter_map(|value| value.to_str().ok());
    given
        .flat_map(|value| value.split(','))
        .map(str::trim)
        .any(|tag| tag == "*" || tag.strip_prefix("W/").unwrap_or(tag).as_bytes() == etag)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_tag_is_found_in_any_list() {
        let etag = HeaderValue::from_static("\"a\"");
        for (given, known) in [
            (&["\"a\""][..], true),
            (&["W/\"a\""], true),
            (&["\"b\", \"a\""], true),
            (&["\"b\"", "\"a\""], true),
            (&["*"], true),
            (&["\"b\""], false),
            (&["a"], false),
            (&[], false),
        ] {
            let mut headers = HeaderMap::new();
            for value in given {
                headers.append(IF_NONE_MATCH, HeaderValue::from_static(value));
            }
            assert_eq!(is_known(&headers, &etag), known, "{given:?}");
        }
    }
}
