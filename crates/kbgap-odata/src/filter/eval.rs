//! Whether a record passes. Three-valued, as OData wants it: what is unknown is
//! neither true nor false, and `not` leaves it so.

use std::borrow::Cow;
use std::cmp::Ordering;

use super::{Comparison, Expression, Literal, Operand, Path, TextTest};
use crate::Value;
use crate::edm::Record;

/// The truth of an expression; `None` where it is neither.
pub(super) fn truth<'a>(
    expression: &Expression,
    record: &'a dyn Record,
    variables: &mut Vec<Value<'a>>,
) -> Option<bool> {
    match expression {
        Expression::Or(parts) => {
            let mut unknown = false;
            for part in parts {
                match truth(part, record, variables) {
                    Some(true) => return Some(true),
                    Some(false) => {}
                    None => unknown = true,
                }
            }
            (!unknown).then_some(false)
        }
        Expression::And(parts) => {
            let mut unknown = false;
            for part in parts {
                match truth(part, record, variables) {
                    Some(false) => return Some(false),
                    Some(true) => {}
                    None => unknown = true,
                }
            }
            (!unknown).then_some(true)
        }
        Expression::Not(inner) => truth(inner, record, variables).map(|t| !t),
        Expression::Compare(comparison, left, right) => {
            let (left, right) = (
                value(left, record, variables),
                value(right, record, variables),
            );
            Some(compare(*comparison, &left, &right))
        }
        Expression::In(left, values) => {
            let left = value(left, record, variables);
            Some(
                values
                    .iter()
                    .any(|v| compare(Comparison::Eq, &left, &of(v))),
            )
        }
        Expression::Text(test, left, right) => {
            let (left, right) = (
                value(left, record, variables),
                value(right, record, variables),
            );
            match (left, right) {
                (Value::Text(text), Value::Text(part)) => Some(match test {
                    TextTest::Contains => text.contains(&*part),
                    TextTest::StartsWith => text.starts_with(&*part),
                    TextTest::EndsWith => text.ends_with(&*part),
                }),
                _ => None,
            }
        }
        Expression::Over { all, path, body } => {
            let values = match at(path, record, variables) {
                Value::List(values) => values,
                _ => Vec::new(),
            };
            let Some(body) = body else {
                return Some(!values.is_empty());
            };
            for value in values {
                variables.push(value);
                let holds = truth(body, record, variables) == Some(true);
                variables.pop();
                if holds != *all {
                    return Some(!*all);
                }
            }
            Some(*all)
        }
        Expression::Holds(operand) => match value(operand, record, variables) {
            Value::Bool(truth) => Some(truth),
            _ => None,
        },
    }
}

/// Null equals null alone, and is neither above nor below anything.
fn compare(comparison: Comparison, left: &Value<'_>, right: &Value<'_>) -> bool {
    let null = *left == Value::Null || *right == Value::Null;
    let order = left.order(right);
    match comparison {
        Comparison::Eq => order == Some(Ordering::Equal),
        Comparison::Ne => order != Some(Ordering::Equal),
        _ if null => false,
        Comparison::Gt => order == Some(Ordering::Greater),
        Comparison::Ge => matches!(order, Some(Ordering::Greater | Ordering::Equal)),
        Comparison::Lt => order == Some(Ordering::Less),
        Comparison::Le => matches!(order, Some(Ordering::Less | Ordering::Equal)),
    }
}

fn value<'a>(operand: &Operand, record: &'a dyn Record, variables: &[Value<'a>]) -> Value<'a> {
    let text = |inner: &Operand, change: fn(&str) -> String| match value(inner, record, variables) {
        Value::Text(text) => Value::owned(change(&text)),
        _ => Value::Null,
    };
    match operand {
        Operand::Path(path) => at(path, record, variables),
        Operand::Literal(literal) => of(literal),
        Operand::Lower(inner) => text(inner, str::to_lowercase),
        Operand::Upper(inner) => text(inner, str::to_uppercase),
        Operand::Trim(inner) => text(inner, |t| t.trim().to_owned()),
        Operand::Rank(of, inner) => of.rank(&value(inner, record, variables)),
        Operand::Length(inner) => match value(inner, record, variables) {
            Value::Text(text) => Value::count(text.chars().count()),
            _ => Value::Null,
        },
    }
}

fn at<'a>(path: &Path, record: &'a dyn Record, variables: &[Value<'a>]) -> Value<'a> {
    let mut value = match (path.variable, path.property) {
        (Some(position), _) => variables.get(position).cloned().unwrap_or(Value::Null),
        (None, Some(property)) => record.get(property.name),
        (None, None) => Value::Null,
    };
    for property in &path.within {
        value = value.part(property.name);
    }
    match value {
        Value::Text(text) if path.folded => Value::Text(folded(text)),
        other => other,
    }
}

fn folded(text: Cow<'_, str>) -> Cow<'_, str> {
    if text.chars().any(char::is_uppercase) {
        Cow::Owned(text.to_lowercase())
    } else {
        text
    }
}

fn of<'a>(literal: &Literal) -> Value<'a> {
    match literal {
        Literal::Null => Value::Null,
        Literal::Bool(value) => Value::Bool(*value),
        Literal::Int(value) => Value::Int(*value),
        Literal::Double(value) => Value::Double(*value),
        Literal::Text(text) => Value::owned(text.clone()),
        Literal::Time(time) => Value::Time(*time),
    }
}
