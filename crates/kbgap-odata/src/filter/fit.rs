//! What operands of different types mean to each other: a literal becomes what it is
//! compared with, case is dropped where one side does not care for it, members of
//! enumerations get their numbers.

use super::{Comparison, Expression, Literal, Mistake, Operand};
use crate::Time;
use crate::edm::EdmType;

pub(super) type Parsed<T> = Result<T, Mistake>;

/// An operand with the type that it has; `None` for null.
pub(super) struct Typed {
    pub(super) operand: Operand,
    pub(super) kind: Option<EdmType>,
    pub(super) folded: bool,
    pub(super) column: usize,
}

/// A number, date or GUID.
pub(super) fn plain(text: &str) -> Option<(Literal, EdmType)> {
    let number = text.strip_suffix(['L', 'l', 'd', 'D', 'f', 'F', 'm', 'M']);
    let number = number.unwrap_or(text);
    if let Ok(value) = number.parse::<i64>() {
        return Some((Literal::Int(value), EdmType::Int64));
    }
    let decimal = number
        .bytes()
        .all(|b| b.is_ascii_digit() || matches!(b, b'-' | b'+' | b'.' | b'e' | b'E'));
    if let (true, Ok(value)) = (decimal, number.parse::<f64>()) {
        return Some((Literal::Double(value), EdmType::Double));
    }
    if let Some(time) = Time::parse(text) {
        return Some((Literal::Time(time), EdmType::DateTimeOffset));
    }
    (text.len() == 36).then(|| (Literal::Text(text.to_owned()), EdmType::Guid))
}

pub(super) fn compare(comparison: Comparison, left: Typed, right: Typed) -> Parsed<Expression> {
    let folded = left.folded || right.folded;
    let ordered = !matches!(comparison, Comparison::Eq | Comparison::Ne);
    let ranked = match (left.kind, right.kind) {
        (Some(EdmType::Enum(of)), _) | (_, Some(EdmType::Enum(of))) if ordered => Some(of),
        _ => None,
    };
    let (left, right) = match (left.operand, right.operand) {
        (Operand::Literal(literal), other) => {
            let literal = fit(literal, right.kind, folded, left.column)?;
            (Operand::Literal(literal), other)
        }
        (other, Operand::Literal(literal)) => {
            let literal = fit(literal, left.kind, folded, right.column)?;
            (other, Operand::Literal(literal))
        }
        (a, b) => {
            if !comparable(left.kind, right.kind) {
                return Err(incompatible(left.kind, right.kind, right.column));
            }
            let left = Typed { operand: a, ..left };
            let right = Typed {
                operand: b,
                ..right
            };
            (fold(left, folded), fold(right, folded))
        }
    };
    // Members are ordered by their numbers: High is above Low, whatever the alphabet says.
    let (left, right) = match ranked {
        Some(of) => (
            Operand::Rank(of, Box::new(left)),
            Operand::Rank(of, Box::new(right)),
        ),
        None => (left, right),
    };
    Ok(Expression::Compare(comparison, left, right))
}

/// An operand in lower case, where the other side is compared without regard to case.
pub(super) fn fold(typed: Typed, folded: bool) -> Operand {
    match typed.operand {
        Operand::Literal(Literal::Text(text)) if folded => {
            Operand::Literal(Literal::Text(text.to_lowercase()))
        }
        operand if folded && !typed.folded => Operand::Lower(Box::new(operand)),
        operand => operand,
    }
}

/// A literal as what it is compared with wants it.
pub(super) fn fit(
    literal: Literal,
    kind: Option<EdmType>,
    folded: bool,
    column: usize,
) -> Parsed<Literal> {
    use EdmType as T;
    let wrong = |literal: &Literal| incompatible(kind, Some(type_of(literal)), column);
    Ok(match (kind, literal) {
        (_, Literal::Null) => Literal::Null,
        (None, other) => other,
        (Some(T::Enum(of)), Literal::Text(text)) => {
            if !of.members.iter().any(|m| m.eq_ignore_ascii_case(&text)) {
                return Err(Mistake::at(
                    column,
                    format!(
                        "'{}' is not one of {}",
                        text.chars().take(40).collect::<String>(),
                        of.members.join(", ")
                    ),
                ));
            }
            Literal::Text(text.to_lowercase())
        }
        (Some(T::String | T::Guid), Literal::Text(text)) if folded => {
            Literal::Text(text.to_lowercase())
        }
        (Some(T::String | T::Guid), text @ Literal::Text(_)) => text,
        (Some(T::DateTimeOffset), time @ Literal::Time(_)) => time,
        // The documents show dates with and without quotes.
        (Some(T::DateTimeOffset), Literal::Text(text)) => match Time::parse(&text) {
            Some(time) => Literal::Time(time),
            None => return Err(wrong(&Literal::Text(text))),
        },
        (Some(T::Boolean), truth @ Literal::Bool(_)) => truth,
        (
            Some(T::Int32 | T::Int64 | T::Single | T::Double),
            number @ (Literal::Int(_) | Literal::Double(_)),
        ) => number,
        // Some numbers are documented as texts (rbacGroupId).
        (Some(T::Int32 | T::Int64 | T::Single | T::Double), Literal::Text(text)) => {
            match plain(text.trim()) {
                Some((number @ (Literal::Int(_) | Literal::Double(_)), _)) => number,
                _ => return Err(wrong(&Literal::Text(text))),
            }
        }
        (_, other) => return Err(wrong(&other)),
    })
}

fn comparable(left: Option<EdmType>, right: Option<EdmType>) -> bool {
    let class = |kind: Option<EdmType>| match kind {
        Some(EdmType::String | EdmType::Guid | EdmType::Enum(_)) => 1,
        Some(EdmType::Int32 | EdmType::Int64 | EdmType::Single | EdmType::Double) => 2,
        Some(EdmType::Boolean) => 3,
        Some(EdmType::DateTimeOffset) => 4,
        _ => 0,
    };
    left.is_none() || right.is_none() || (class(left) != 0 && class(left) == class(right))
}

fn type_of(literal: &Literal) -> EdmType {
    match literal {
        Literal::Bool(_) => EdmType::Boolean,
        Literal::Int(_) => EdmType::Int64,
        Literal::Double(_) => EdmType::Double,
        Literal::Time(_) => EdmType::DateTimeOffset,
        Literal::Null | Literal::Text(_) => EdmType::String,
    }
}

fn incompatible(left: Option<EdmType>, right: Option<EdmType>, column: usize) -> Mistake {
    let name = |kind: Option<EdmType>| kind.map_or_else(|| "null".to_owned(), |k| k.to_string());
    Mistake::at(
        column,
        format!("{} and {} cannot be compared", name(left), name(right)),
    )
}
