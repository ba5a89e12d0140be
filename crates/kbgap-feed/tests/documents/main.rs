//! Reading documents and lists.

#![expect(clippy::unwrap_used, reason = "helpers of tests fail by panicking")]

mod archive;
mod csaf;
mod json;
mod lists;
mod months;
mod real_feed;

use proptest::prelude::*;
use proptest::sample::Index;
use serde_json::{Map, Value};

/// The same object with its members in the opposite order.
fn reversed(object: &Value) -> Value {
    let members = object.as_object().unwrap().clone();
    Value::Object(members.into_iter().rev().collect::<Map<_, _>>())
}

/// What is left of bytes that are cut off, one of them changed.
fn mutations(bytes: impl Into<Vec<u8>>) -> impl Strategy<Value = Vec<u8>> {
    let drawn = (
        Just(bytes.into()),
        any::<Index>(),
        any::<u8>(),
        any::<Index>(),
    );
    drawn.prop_map(|(mut bytes, position, byte, cut)| {
        let position = position.index(bytes.len());
        bytes[position] = byte;
        bytes.truncate(cut.index(bytes.len()) + 1);
        bytes
    })
}
