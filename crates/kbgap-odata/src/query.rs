//! Query options, as they are typed. What they mean for a type of records is in
//! [`Listing`](crate::Listing).

use crate::path::percent_decode;
use crate::{ApiError, ErrorCode};

/// A system query option.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SystemOption {
    /// `$top`: at most so many.
    Top,
    /// `$skip`: after so many.
    Skip,
    /// `$count`: whether the number of all is told.
    Count,
    /// `$filter`: only those that pass.
    Filter,
    /// `$orderby`: in this order.
    OrderBy,
    /// `$select`: only these properties.
    Select,
    /// `$expand`: with related entities.
    Expand,
    /// `$skiptoken`: where the page before has ended.
    SkipToken,
    /// `$format`: only JSON.
    Format,
}

impl SystemOption {
    /// All of them.
    pub const ALL: [Self; 9] = [
        Self::Top,
        Self::Skip,
        Self::Count,
        Self::Filter,
        Self::OrderBy,
        Self::Select,
        Self::Expand,
        Self::SkipToken,
        Self::Format,
    ];

    /// The name as it is written.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Filter => "$filter",
            Self::OrderBy => "$orderby",
            Self::Select => "$select",
            Self::Expand => "$expand",
            Self::SkipToken => "$skiptoken",
            Self::Top => "$top",
            Self::Skip => "$skip",
            Self::Count => "$count",
            Self::Format => "$format",
        }
    }
}

/// The system options that an endpoint takes; `$format` is always taken.
pub type Allowed = &'static [SystemOption];

/// The options of a request.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct QueryOptions {
    /// `$top`.
    pub top: Option<usize>,
    /// `$skip`.
    pub skip: Option<usize>,
    /// `$count`.
    pub count: bool,
    /// `$filter`.
    pub filter: Option<String>,
    /// `$orderby`.
    pub order_by: Option<String>,
    /// `$select`.
    pub select: Option<String>,
    /// `$expand`.
    pub expand: Option<String>,
    /// `$skiptoken`.
    pub skip_token: Option<String>,
    custom: Vec<(String, String)>,
}

impl QueryOptions {
    /// Reads a query string. Names are compared without regard to case, values
    /// are trimmed, `+` is a blank.
    ///
    /// # Errors
    /// [`ErrorCode::OdataError`] for a system option that is unknown, not taken here,
    /// given twice or malformed; the message names it.
    pub fn parse(query: &str, allowed: Allowed) -> Result<Self, ApiError> {
        let mut options = Self::default();
        let mut seen: Vec<SystemOption> = Vec::new();
        for (name, value) in
            decode_form(query).ok_or_else(|| bad("the query string has a bad escape"))?
        {
            let (name, value) = (name.trim(), value.trim());
            if !name.starts_with('$') {
                options.custom.push((name.to_lowercase(), value.to_owned()));
                continue;
            }
            let shown: String = name.chars().take(40).collect();
            let option = SystemOption::ALL
                .into_iter()
                .find(|o| o.name().eq_ignore_ascii_case(name))
                .filter(|o| *o == SystemOption::Format || allowed.contains(o))
                .ok_or_else(|| {
                    bad(&format!(
                        "The query option '{shown}' is not supported here."
                    ))
                })?;
            if seen.contains(&option) {
                return Err(twice(&shown));
            }
            seen.push(option);
            options.set(option, value)?;
        }
        Ok(options)
    }

    fn set(&mut self, option: SystemOption, value: &str) -> Result<(), ApiError> {
        match option {
            SystemOption::Top => self.top = Some(number(option, value)?),
            SystemOption::Skip => self.skip = Some(number(option, value)?),
            SystemOption::Count => {
                self.count = match value.to_ascii_lowercase().as_str() {
                    "true" => true,
                    "false" => false,
                    _ => return Err(malformed(option, value, "true or false")),
                }
            }
            SystemOption::Filter => self.filter = Some(value.to_owned()),
            SystemOption::OrderBy => self.order_by = Some(value.to_owned()),
            SystemOption::Select => self.select = Some(value.to_owned()),
            SystemOption::Expand => self.expand = Some(value.to_owned()),
            SystemOption::SkipToken => self.skip_token = Some(value.to_owned()),
            SystemOption::Format => {
                let json = value.eq_ignore_ascii_case("json")
                    || value.to_ascii_lowercase().starts_with("application/json");
                if !json {
                    return Err(malformed(option, value, "json"));
                }
            }
        }
        Ok(())
    }

    /// An option of ours; names in lower case.
    ///
    /// # Errors
    /// [`ErrorCode::OdataError`] where it is given twice: of two values none is the one that was
    /// meant. Options that nobody asks for are passed over, however often they stand there.
    pub fn custom(&self, name: &str) -> Result<Option<&str>, ApiError> {
        let mut given = self.custom.iter().filter(|(n, _)| n == name);
        let first = given.next();
        match given.next() {
            Some(_) => Err(twice(name)),
            None => Ok(first.map(|(_, value)| value.as_str())),
        }
    }

    /// An option of ours that is `true` or `false`, by its name as it is documented; without a
    /// value it is false.
    ///
    /// # Errors
    /// Where it is given twice, or is neither ([`ErrorCode::InvalidInput`]).
    pub fn flag(&self, name: &str) -> Result<bool, ApiError> {
        match self.custom(&name.to_ascii_lowercase())? {
            None | Some("") => Ok(false),
            Some(text) if text.eq_ignore_ascii_case("true") => Ok(true),
            Some(text) if text.eq_ignore_ascii_case("false") => Ok(false),
            Some(other) => {
                let other: String = other.chars().take(40).collect();
                let message = format!("The value '{other}' of '{name}' is not true or false.");
                Err(ApiError::new(ErrorCode::InvalidInput, message))
            }
        }
    }

    /// The part of a list that `$skip` and `$top` leave.
    pub fn page<T>(&self, list: Vec<T>) -> impl Iterator<Item = T> {
        list.into_iter()
            .skip(self.skip.unwrap_or(0))
            .take(self.top.unwrap_or(usize::MAX))
    }
}

fn twice(name: &str) -> ApiError {
    bad(&format!(
        "The query option '{name}' is given more than once."
    ))
}

fn number(option: SystemOption, value: &str) -> Result<usize, ApiError> {
    let digits =
        !value.is_empty() && value.len() <= 18 && value.bytes().all(|b| b.is_ascii_digit());
    digits
        .then(|| value.parse().ok())
        .flatten()
        .ok_or_else(|| malformed(option, value, "a whole number of at least 0"))
}

pub(crate) fn malformed(option: SystemOption, value: &str, expected: &str) -> ApiError {
    let value: String = value.chars().take(60).collect();
    bad(&format!(
        "The value '{value}' of the query option '{}' is not {expected}.",
        option.name()
    ))
}

pub(crate) fn bad(message: &str) -> ApiError {
    ApiError::new(ErrorCode::OdataError, message)
}

/// Decodes a query string or form; `None` for a bad escape.
#[must_use]
pub fn decode_form(text: &str) -> Option<Vec<(String, String)>> {
    text.split('&')
        .filter(|pair| !pair.is_empty())
        .map(|pair| {
            let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
            Some((
                percent_decode(&name.replace('+', " "))?,
                percent_decode(&value.replace('+', " "))?,
            ))
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const PAGED: Allowed = &[SystemOption::Top, SystemOption::Skip, SystemOption::Count];

    #[test]
    fn options_in_any_case_with_stray_blanks() {
        let options = QueryOptions::parse(
            "$TOP=%205+&%24skip=2&$count=TRUE&View=effective&x=1&$format=json",
            PAGED,
        )
        .unwrap();
        assert_eq!(
            (options.top, options.skip, options.count),
            (Some(5), Some(2), true)
        );
        assert_eq!(
            (
                options.custom("view").unwrap(),
                options.custom("none").unwrap()
            ),
            (Some("effective"), None)
        );
        assert_eq!(
            options.page((0..10).collect()).collect::<Vec<_>>(),
            [2, 3, 4, 5, 6]
        );
        assert_eq!(
            QueryOptions::parse("", PAGED).unwrap(),
            QueryOptions::default()
        );
    }

    #[test]
    fn a_flag_is_true_or_false() {
        for (query, expected) in [
            ("", Some(false)),
            ("inShort", Some(false)),
            ("inshort=TRUE", Some(true)),
            ("inShort=False", Some(false)),
            ("inShort=1", None),
            ("inShort=true&inShort=true", None),
        ] {
            let options = QueryOptions::parse(query, PAGED).unwrap();
            assert_eq!(options.flag("inShort").ok(), expected, "{query}");
        }
    }

    #[test]
    fn an_option_of_ours_that_is_given_twice_is_refused_where_it_is_asked_for() {
        for query in ["view=all&view=all", "View=all&x=1&%56IEW=", "view&view"] {
            let options = QueryOptions::parse(query, PAGED).unwrap();
            let error = options.custom("view").unwrap_err();
            assert_eq!(error.code, ErrorCode::OdataError);
            assert!(error.message.contains("'view' is given more than once"));
        }
        let options = QueryOptions::parse("x=1&x=2&view=all", PAGED).unwrap();
        assert_eq!(options.custom("view").unwrap(), Some("all"));
    }

    #[test]
    fn bad_options_are_named() {
        for (query, named) in [
            ("$foo=1", "$foo"),
            ("$filter=id eq 'x'", "$filter"),
            ("$top=-1", "$top"),
            ("$top=1.5", "'1.5'"),
            ("$top=", "$top"),
            ("$top=99999999999999999999", "$top"),
            ("$top=1&$top=2", "more than once"),
            ("$count=yes", "'yes'"),
            ("$format=xml", "'xml'"),
            ("$top=%zz", "escape"),
        ] {
            let error = QueryOptions::parse(query, PAGED).unwrap_err();
            assert_eq!(error.code, ErrorCode::OdataError);
            assert!(error.message.contains(named), "{query}: {}", error.message);
        }
        assert!(QueryOptions::parse("$top=1", &[]).is_err());
    }

    proptest! {
        #[test]
        fn nothing_panics(query in "\\PC{0,80}") {
            let _ = QueryOptions::parse(&query, PAGED);
        }
    }
}
