//! Values of properties, as filters compare them and JSON shows them.

use std::borrow::Cow;
use std::cmp::Ordering;
use std::fmt;

use serde::ser::{Serialize, SerializeMap, SerializeSeq, Serializer};

/// A value of a property.
#[derive(Clone, Debug, PartialEq)]
pub enum Value<'a> {
    /// Nothing.
    Null,
    /// True or false.
    Bool(bool),
    /// A whole number.
    Int(i64),
    /// A number.
    Double(f64),
    /// Text; also identifiers and members of enumerations.
    Text(Cow<'a, str>),
    /// A point in time.
    Time(Time),
    /// Several values.
    List(Vec<Self>),
    /// A complex value: names and values in the declared order.
    Object(Vec<(&'static str, Self)>),
}

impl<'a> Value<'a> {
    /// Borrowed text.
    #[must_use]
    pub const fn text(text: &'a str) -> Self {
        Self::Text(Cow::Borrowed(text))
    }

    /// Text that was made for the purpose.
    #[must_use]
    pub const fn owned(text: String) -> Self {
        Self::Text(Cow::Owned(text))
    }

    /// The value, or null where there is none.
    #[must_use]
    pub fn or_null(value: Option<impl Into<Self>>) -> Self {
        value.map_or(Self::Null, Into::into)
    }

    /// A count; beyond 63 bits the highest.
    #[must_use]
    pub fn count(count: impl TryInto<i64>) -> Self {
        Self::Int(count.try_into().unwrap_or(i64::MAX))
    }

    /// A list of texts.
    #[must_use]
    pub fn texts(texts: impl IntoIterator<Item = &'a str>) -> Self {
        Self::List(texts.into_iter().map(Self::text).collect())
    }

    /// The value of a property within a complex value; null where there is none.
    #[must_use]
    pub fn part(self, name: &str) -> Self {
        match self {
            Self::Object(fields) => fields
                .into_iter()
                .find(|(known, _)| *known == name)
                .map_or(Self::Null, |(_, value)| value),
            _ => Self::Null,
        }
    }

    /// The value, owning its texts.
    #[must_use]
    pub fn into_owned(self) -> Value<'static> {
        match self {
            Self::Null => Value::Null,
            Self::Bool(value) => Value::Bool(value),
            Self::Int(value) => Value::Int(value),
            Self::Double(value) => Value::Double(value),
            Self::Text(text) => Value::owned(text.into_owned()),
            Self::Time(time) => Value::Time(time),
            Self::List(values) => Value::List(values.into_iter().map(Self::into_owned).collect()),
            Self::Object(fields) => {
                let fields = fields.into_iter();
                Value::Object(fields.map(|(name, v)| (name, v.into_owned())).collect())
            }
        }
    }

    /// How two values are ordered, where they can be: numbers by size, texts by
    /// code point, times by time. Null comes before all, as `$orderby` wants it.
    #[must_use]
    pub fn order(&self, other: &Self) -> Option<Ordering> {
        match (self, other) {
            (Self::Null, Self::Null) => Some(Ordering::Equal),
            (Self::Null, _) => Some(Ordering::Less),
            (_, Self::Null) => Some(Ordering::Greater),
            (Self::Bool(a), Self::Bool(b)) => Some(a.cmp(b)),
            (Self::Int(a), Self::Int(b)) => Some(a.cmp(b)),
            (Self::Text(a), Self::Text(b)) => Some(a.cmp(b)),
            (Self::Time(a), Self::Time(b)) => Some(a.cmp(b)),
            (a, b) => a.number()?.partial_cmp(&b.number()?),
        }
    }

    #[expect(
        clippy::cast_precision_loss,
        reason = "only mixed numbers are compared as doubles, as OData does"
    )]
    const fn number(&self) -> Option<f64> {
        match self {
            Self::Int(n) => Some(*n as f64),
            Self::Double(n) => Some(*n),
            _ => None,
        }
    }
}

impl<'a> From<&'a str> for Value<'a> {
    fn from(text: &'a str) -> Self {
        Self::text(text)
    }
}

impl From<String> for Value<'_> {
    fn from(text: String) -> Self {
        Self::owned(text)
    }
}

impl From<bool> for Value<'_> {
    fn from(value: bool) -> Self {
        Self::Bool(value)
    }
}

impl From<u32> for Value<'_> {
    fn from(value: u32) -> Self {
        Self::Int(value.into())
    }
}

impl From<Time> for Value<'_> {
    fn from(time: Time) -> Self {
        Self::Time(time)
    }
}

impl Serialize for Value<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Null => serializer.serialize_none(),
            Self::Bool(value) => serializer.serialize_bool(*value),
            Self::Int(value) => serializer.serialize_i64(*value),
            Self::Double(value) => shortest(*value, serializer),
            Self::Text(text) => serializer.serialize_str(text),
            Self::Time(time) => serializer.collect_str(time),
            Self::List(values) => {
                let mut list = serializer.serialize_seq(Some(values.len()))?;
                for value in values {
                    list.serialize_element(value)?;
                }
                list.end()
            }
            Self::Object(fields) => {
                let mut map = serializer.serialize_map(Some(fields.len()))?;
                for (name, value) in fields {
                    map.serialize_entry(name, value)?;
                }
                map.end()
            }
        }
    }
}

/// `8` and not `8.0` (api.md, section 13).
fn shortest<S: Serializer>(value: f64, serializer: S) -> Result<S::Ok, S::Error> {
    const WHOLE: f64 = 9_007_199_254_740_992.0;
    if value.fract() == 0.0 && value.abs() < WHOLE {
        #[expect(
            clippy::cast_possible_truncation,
            reason = "a whole number below 2^53 is exact"
        )]
        return serializer.serialize_i64(value as i64);
    }
    serializer.serialize_f64(value)
}

/// A point in time, to 100 nanoseconds, UTC.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Time {
    /// Units of 100 nanoseconds since 1970.
    ticks: i64,
}

const TICKS_PER_MS: i64 = 10_000;

impl Time {
    /// From milliseconds since 1970.
    #[must_use]
    pub const fn from_ms(ms: i64) -> Self {
        Self {
            ticks: ms.saturating_mul(TICKS_PER_MS),
        }
    }

    /// Milliseconds since 1970, rounded down.
    #[must_use]
    pub const fn as_ms(self) -> i64 {
        self.ticks.div_euclid(TICKS_PER_MS)
    }

    /// Reads a date with or without time, fraction and zone; without a zone it is
    /// UTC. `2018-08-01Z` is a date (api.md, section 4).
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let text = text.trim();
        let timestamp = text.parse::<jiff::Timestamp>().ok().or_else(|| {
            let civil = text.strip_suffix(['Z', 'z']).unwrap_or(text);
            let civil: jiff::civil::DateTime = civil.parse().ok()?;
            jiff::tz::TimeZone::UTC.to_timestamp(civil).ok()
        })?;
        Self::from_timestamp(timestamp)
    }

    fn from_timestamp(timestamp: jiff::Timestamp) -> Option<Self> {
        let ticks = i64::try_from(timestamp.as_nanosecond().div_euclid(100)).ok()?;
        Some(Self { ticks })
    }

    /// As exports write it: `2020-12-30 11:07:15`, with a fraction where there is
    /// one, without a zone (api.md, section 13).
    #[must_use]
    pub fn for_export(self) -> String {
        self.to_string().replace('T', " ").replace('Z', "")
    }
}

impl fmt::Display for Time {
    /// `2021-01-25T07:27:36.052313Z`: up to 7 digits of a second, no zeros at the end.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match jiff::Timestamp::from_nanosecond(i128::from(self.ticks) * 100) {
            Ok(timestamp) => write!(f, "{timestamp}"),
            // Beyond the year 9999 there is no such text.
            Err(_) => f.write_str("9999-12-31T23:59:59Z"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(text: &str) -> Option<String> {
        Time::parse(text).map(|t| t.to_string())
    }

    #[test]
    fn every_form_of_a_date_that_the_docs_show() {
        for (text, expected) in [
            ("2019-11-22T00:00:00Z", "2019-11-22T00:00:00Z"),
            ("2018-08-01Z", "2018-08-01T00:00:00Z"),
            ("2018-08-01", "2018-08-01T00:00:00Z"),
            (
                "2021-01-25T07:27:36.0523130Z",
                "2021-01-25T07:27:36.052313Z",
            ),
            (
                "2018-08-02T14:55:03.7791856Z",
                "2018-08-02T14:55:03.7791856Z",
            ),
            ("2018-08-02T14:55:03", "2018-08-02T14:55:03Z"),
            ("2018-08-02T14:55:03+02:00", "2018-08-02T12:55:03Z"),
            ("2020-12-30 11:07:15", "2020-12-30T11:07:15Z"),
        ] {
            assert_eq!(shown(text).as_deref(), Some(expected), "{text}");
        }
        for text in ["", "yesterday", "2018-13-01", "2018-08", "12:00"] {
            assert_eq!(shown(text), None, "{text}");
        }
    }

    #[test]
    fn exports_write_times_in_a_form_of_their_own() {
        let time = Time::parse("2021-01-30T11:31:12.271Z").unwrap();
        assert_eq!(time.for_export(), "2021-01-30 11:31:12.271");
        assert_eq!(Time::from_ms(time.as_ms()), time);
    }

    #[test]
    fn whole_doubles_are_written_without_a_fraction() {
        let json = |value: Value<'_>| serde_json::to_string(&value).unwrap();
        assert_eq!(json(Value::Double(8.0)), "8");
        assert_eq!(json(Value::Double(4.3)), "4.3");
        assert_eq!(json(Value::Double(1e300)), "1e+300");
        assert_eq!(
            json(Value::Object(vec![
                ("a", Value::Null),
                ("b", Value::texts(["x", "y"]))
            ])),
            r#"{"a":null,"b":["x","y"]}"#
        );
    }
}
