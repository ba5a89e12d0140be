//! Answers that all routes share: the errors (api.md, section 3).

use serde_json::{Value, json};

pub(super) fn reference(name: &str) -> Value {
    json!({"$ref": format!("#/components/responses/{name}")})
}

pub(super) fn shared() -> Value {
    let error = |about: &str| {
        json!({
            "description": about,
            "content": {"application/json": {"schema": {"$ref": "#/components/schemas/Error"}}},
        })
    };
    let mut too_many = error("The application has called too often.");
    too_many["headers"] = json!({"Retry-After": {
        "description": "Seconds to wait",
        "schema": {"type": "integer", "minimum": 1},
    }});
    json!({
        "BadRequest": error("The request is at fault; the message names what."),
        "Unauthorized": error("No token, or one that does not hold."),
        "Forbidden": error("The token lacks the permission, or there is no data for this."),
        "NotFound": error("There is no such thing."),
        "TooManyRequests": too_many,
    })
}
