//! Reading documents and lists.

#![expect(clippy::unwrap_used, reason = "helpers of tests fail by panicking")]

mod archive;
mod csaf;
mod json;
mod lists;
mod months;
mod real_feed;

use serde_json::{Map, Value};

/// The same object with its members in the opposite order.
fn reversed(object: &Value) -> Value {
    let members = object.as_object().unwrap().clone();
    Value::Object(members.into_iter().rev().collect::<Map<_, _>>())
}
