//! `$filter`: what is typed becomes a typed tree, checked against the declared
//! properties before any record is looked at.
//!
//! The language is OData's, as far as clients of the API use it: comparisons, `and`,
//! `or`, `not`, `in`, `contains`, `startswith`, `endswith`, `tolower`, `toupper`, `trim`,
//! `length`, `any` and `all` over collections. Where the documented samples go beyond
//! the standard (a date with a bare `Z`, numbers in quotes), the samples win.

mod eval;
mod fit;
mod lexer;
mod narrow;
mod parser;

use crate::edm::{EnumType, Property, Record, StructuredType};
use crate::{ApiError, ErrorCode, Time};

/// A filter for records of one type.
#[derive(Debug)]
pub struct Filter {
    root: Expression,
}

/// The longest text that is read.
const MAX_LENGTH: usize = 8_192;
/// The most characters that say what a mistake is.
const MAX_MESSAGE: usize = 300;

impl Filter {
    /// Reads a filter for records of this type.
    ///
    /// # Errors
    /// [`ErrorCode::OdataError`], naming the column of the mistake and what was expected.
    pub fn parse(text: &str, of: &'static StructuredType) -> Result<Self, ApiError> {
        if text.len() > MAX_LENGTH {
            return Err(Mistake::at(1, format!("longer than {MAX_LENGTH} bytes")).into());
        }
        let tokens = lexer::tokens(text)?;
        let root = parser::Parser::new(tokens, of).filter()?;
        Ok(Self { root })
    }

    /// Whether a record passes.
    #[must_use]
    pub fn matches(&self, record: &dyn Record) -> bool {
        eval::truth(&self.root, record, &mut Vec::new()) == Some(true)
    }

    /// The values that a text property must have in every record that passes, in
    /// lower case; `None` where the filter does not limit it to some. An index can
    /// then look up those alone.
    #[must_use]
    pub fn values_of(&self, property: &str) -> Option<Vec<String>> {
        narrow::values_of(&self.root, property)
    }

    /// Whether a record may pass of which only some properties and annotations are known:
    /// `false` where what the filter asks of those alone is not so.
    #[must_use]
    pub fn may_pass(&self, record: &dyn Record, known: &[&str]) -> bool {
        narrow::may_pass(&self.root, record, known)
    }

    /// Whether [`Filter::may_pass`] may be `false` for a record of which this is known.
    #[must_use]
    pub fn asks_of(&self, known: &[&str]) -> bool {
        narrow::asks_of(&self.root, known)
    }

    /// The time before which no record passes, by this property.
    #[must_use]
    pub fn earliest(&self, property: &str) -> Option<Time> {
        narrow::earliest(&self.root, property)
    }
}

/// Something that is true, false or neither (null).
#[derive(Debug)]
enum Expression {
    Or(Vec<Self>),
    And(Vec<Self>),
    Not(Box<Self>),
    Compare(Comparison, Operand, Operand),
    In(Operand, Vec<Literal>),
    Text(TextTest, Operand, Operand),
    /// `any` or `all` over a collection; without a body: whether it holds anything.
    Over {
        all: bool,
        path: Path,
        body: Option<Box<Self>>,
    },
    /// A property that is true or false by itself.
    Holds(Operand),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Comparison {
    Eq,
    Ne,
    Gt,
    Ge,
    Lt,
    Le,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum TextTest {
    Contains,
    StartsWith,
    EndsWith,
}

/// Something that has a value.
#[derive(Debug)]
enum Operand {
    Path(Path),
    Literal(Literal),
    Lower(Box<Self>),
    Upper(Box<Self>),
    Trim(Box<Self>),
    Length(Box<Self>),
    /// The number of a member of an enumeration.
    Rank(&'static EnumType, Box<Self>),
}

/// A property of the record, or of a variable of `any` and `all`.
#[derive(Debug)]
struct Path {
    /// The position of the variable in the order of nesting; `None` for the record.
    variable: Option<usize>,
    /// The property or annotation; `None` for the variable's own value.
    property: Option<&'static Property>,
    /// Properties within it, where it is complex.
    within: Vec<&'static Property>,
    folded: bool,
}

#[derive(Clone, Debug, PartialEq)]
enum Literal {
    Null,
    Bool(bool),
    Int(i64),
    Double(f64),
    /// In lower case where it is compared without regard to case.
    Text(String),
    Time(Time),
}

/// A mistake in the text, with its column from 1.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Mistake {
    column: usize,
    message: String,
}

impl Mistake {
    fn at(column: usize, message: impl Into<String>) -> Self {
        Self {
            column,
            message: message.into(),
        }
    }
}

impl From<Mistake> for ApiError {
    fn from(mistake: Mistake) -> Self {
        Self::new(
            ErrorCode::OdataError,
            format!(
                "The query option '$filter' has a mistake at column {}: {}.",
                mistake.column,
                // It may repeat a long word of the filter.
                mistake
                    .message
                    .chars()
                    .take(MAX_MESSAGE)
                    .collect::<String>()
            ),
        )
    }
}

#[cfg(test)]
mod tests;
