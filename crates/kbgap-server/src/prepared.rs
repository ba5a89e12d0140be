//! Answers that are kept until the fleet changes.
//!
//! The rows of getmissingkbs are the same for everybody of a tenant until a machine
//! changes, falls silent or comes back, or the feed changes; a check-in that only moves a
//! time changes nothing. So the bytes are kept, and with them an ETag by which a client
//! that has them need not get them again.
//!
//! A question that was answered once is known by its path and query, so that neither has to
//! be understood again. Who asks is looked at all the same: first the token, as any other
//! request's, and only then whether there is an answer for its tenant.

use std::collections::HashMap;
use std::sync::{Arc, PoisonError, RwLock};

use axum::body::{Body, Bytes};
use axum::http::header::{CACHE_CONTROL, CONTENT_TYPE, ETAG, HeaderValue, IF_NONE_MATCH};
use axum::http::request::Parts;
use axum::http::{HeaderMap, Method, Response, StatusCode};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use kbgap_auth::Claims;
use kbgap_fleet::Fleet;
use sha2::{Digest, Sha256};

use crate::call::Call;
use crate::http::{Access, BaseUrl, ODATA_VERSION, json_headers};
use crate::state::AppState;

/// Answers that are kept at a time: clients may write one question in many ways.
const KEPT: usize = 1_024;
/// The longest question whose answer is kept, in bytes.
const LONGEST: usize = 512;

/// The answers that are kept.
#[derive(Default)]
pub(crate) struct Prepared {
    kept: RwLock<Kept>,
}

#[derive(Default)]
struct Kept {
    /// By path and query, as they were written.
    questions: HashMap<String, Arc<Question>>,
    /// How many answers there are.
    answers: usize,
}

/// A question that was answered before.
#[derive(Clone)]
pub(crate) struct Question {
    /// What its route demands of a token.
    pub(crate) access: Access,
    /// The path of its route.
    pub(crate) route: &'static str,
    /// Of each tenant, for each URL that contexts begin with.
    answers: HashMap<String, Vec<Arc<Answer>>>,
}

struct Answer {
    base_url: String,
    /// Of the fleet that it tells of.
    composition: u64,
    body: Bytes,
    /// All of an answer but its body.
    headers: HeaderMap,
}

impl Prepared {
    /// The question of a request, where it was answered before. It says nothing of who may
    /// have the answer.
    pub(crate) fn question(&self, parts: &Parts) -> Option<Arc<Question>> {
        let target = target(parts)?;
        let is_read = matches!(parts.method, Method::GET | Method::HEAD);
        let kept = self.kept.read().unwrap_or_else(PoisonError::into_inner);
        let question = kept.questions.get(target).filter(|_| is_read)?;
        Some(Arc::clone(question))
    }

    /// Answers a request with what was made of a fleet, and keeps it.
    pub(crate) fn keep(&self, call: &Call, fleet: &Fleet, body: Vec<u8>) -> Response<Body> {
        let composition = fleet.composition_at(call.now());
        let answer = Answer {
            base_url: call.base_url(),
            composition: composition.unwrap_or_default(),
            headers: headers(&body),
            body: body.into(),
        };
        let answer = Arc::new(answer);
        if let Some(target) = target(&call.parts).filter(|_| composition.is_some()) {
            let mut kept = self.kept.write().unwrap_or_else(PoisonError::into_inner);
            kept.enter(target, call, Arc::clone(&answer));
        }
        answer.respond(&call.parts.headers)
    }
}

impl Question {
    /// The answer to a request whose token holds, where it is kept and still right.
    pub(crate) fn answer(
        &self,
        state: &AppState,
        parts: &Parts,
        claims: &Claims,
    ) -> Option<Response<Body>> {
        let fleet = state.tenants.fleet(&claims.tenant);
        let composition = fleet.composition_at(state.clock.now_ms())?;
        let base = BaseUrl::of(&state.config, &parts.headers);
        let mut answers = self.answers.get(&claims.tenant)?.iter();
        let answer = answers.find(|answer| base.is(&answer.base_url))?;
        (answer.composition == composition).then(|| answer.respond(&parts.headers))
    }
}

impl Kept {
    fn enter(&mut self, target: &str, call: &Call, answer: Arc<Answer>) {
        let question = self.questions.get_mut(target).map(Arc::make_mut);
        let answers = question.and_then(|q| q.answers.get_mut(&call.claims.tenant));
        let older = answers.and_then(|a| a.iter_mut().find(|a| a.base_url == answer.base_url));
        if let Some(older) = older {
            *older = answer;
            return;
        }
        if self.answers >= KEPT {
            *self = Self::default();
        }
        let question = self.questions.entry(target.to_owned());
        let question = question.or_insert_with(|| {
            Arc::new(Question {
                access: call.access,
                route: call.route,
                answers: HashMap::new(),
            })
        });
        let answers = Arc::make_mut(question)
            .answers
            .entry(call.claims.tenant.clone());
        answers.or_default().push(answer);
        self.answers += 1;
    }
}

/// The path and the query of a request, as they were written; `None` where they are longer
/// than what is kept.
fn target(parts: &Parts) -> Option<&str> {
    let target = parts.uri.path_and_query()?.as_str();
    (target.len() <= LONGEST).then_some(target)
}

/// The headers of an answer with this body.
fn headers(body: &[u8]) -> HeaderMap {
    let hash = Sha256::digest(body);
    let etag = format!("\"{}\"", URL_SAFE_NO_PAD.encode(&hash[..18]));
    let mut headers = json_headers();
    // Base64 is within what a header takes.
    let etag = HeaderValue::try_from(etag).unwrap_or(HeaderValue::from_static("\"\""));
    headers.insert(ETAG, etag);
    // It may be stored by who asked, and has to be asked for each time.
    let private = HeaderValue::from_static("private, no-cache");
    headers.insert(CACHE_CONTROL, private);
    headers
}

impl Answer {
    fn respond(&self, asked: &HeaderMap) -> Response<Body> {
        let is_known = self
            .headers
            .get(ETAG)
            .is_some_and(|tag| is_known(asked, tag));
        let mut headers = self.headers.clone();
        let (status, body) = if is_known {
            headers.remove(CONTENT_TYPE);
            headers.remove(&ODATA_VERSION);
            (StatusCode::NOT_MODIFIED, Body::empty())
        } else {
            (StatusCode::OK, Body::from(self.body.clone()))
        };
        let mut response = Response::new(body);
        *response.status_mut() = status;
        *response.headers_mut() = headers;
        response
    }
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
