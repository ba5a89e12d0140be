//! The text section: every distinct text once.

use std::collections::HashMap;

use crate::layout::Span;
use crate::snapshot::offset;

#[derive(Default)]
pub(super) struct Texts {
    bytes: Vec<u8>,
    known: HashMap<Box<str>, Span>,
}

impl Texts {
    pub(super) fn intern(&mut self, text: &str) -> Span {
        if let Some(span) = self.known.get(text) {
            return *span;
        }
        let start = offset(self.bytes.len());
        self.bytes.extend_from_slice(text.as_bytes());
        let span = Span {
            start,
            end: offset(self.bytes.len()),
        };
        self.known.insert(text.into(), span);
        span
    }

    /// All texts until now.
    pub(super) fn as_bytes(&self) -> &[u8] {
        &self.bytes
    }

    pub(super) fn into_bytes(self) -> Vec<u8> {
        self.bytes
    }
}
