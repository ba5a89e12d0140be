//! Scores.

use kbgap_odata::edm::Record;
use kbgap_odata::{Time, Value};

/// A score of the organisation, or of one device group (api.md, section 9).
pub(crate) struct ScoreRecord {
    /// When the call was made, in milliseconds since 1970.
    pub(crate) time: i64,
    pub(crate) score: f64,
    pub(crate) group: Option<(i32, String)>,
}

impl Record for ScoreRecord {
    fn get(&self, property: &'static str) -> Value<'_> {
        match property {
            "time" => Time::from_ms(self.time).into(),
            "score" => Value::Double(self.score),
            "rbacGroupName" => Value::or_null(self.group.as_ref().map(|(_, name)| name.as_str())),
            "rbacGroupId" => {
                Value::or_null(self.group.as_ref().map(|(id, _)| Value::Int((*id).into())))
            }
            _ => Value::Null,
        }
    }
}
