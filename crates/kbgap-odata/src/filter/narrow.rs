//! What a filter demands of single properties, so that an index can be asked
//! instead of every record.

use super::{Comparison, Expression, Literal, Operand, Path, eval};
use crate::Time;
use crate::edm::Record;

pub(super) fn values_of(expression: &Expression, property: &str) -> Option<Vec<String>> {
    match expression {
        Expression::And(parts) => parts.iter().find_map(|part| values_of(part, property)),
        Expression::Or(parts) => {
            let mut all = Vec::new();
            for part in parts {
                all.extend(values_of(part, property)?);
            }
            Some(all)
        }
        Expression::Compare(Comparison::Eq, left, right) => match (left, right) {
            (Operand::Path(path), Operand::Literal(literal))
            | (Operand::Literal(literal), Operand::Path(path)) => is_property(path, property)
                .then(|| text(literal))?
                .map(|t| vec![t]),
            _ => None,
        },
        Expression::In(Operand::Path(path), values) => {
            if !is_property(path, property) {
                return None;
            }
            values.iter().map(text).collect()
        }
        _ => None,
    }
}

pub(super) fn earliest(expression: &Expression, property: &str) -> Option<Time> {
    match expression {
        // Of several bounds each one holds; the latest excludes the most.
        Expression::And(parts) => parts.iter().filter_map(|p| earliest(p, property)).max(),
        Expression::Or(parts) => {
            let bounds: Option<Vec<Time>> =
                parts.iter().map(|part| earliest(part, property)).collect();
            bounds?.into_iter().min()
        }
        Expression::Compare(
            Comparison::Gt | Comparison::Ge | Comparison::Eq,
            Operand::Path(path),
            Operand::Literal(Literal::Time(time)),
        ) => is_property(path, property).then_some(*time),
        Expression::Compare(
            Comparison::Lt | Comparison::Le,
            Operand::Literal(Literal::Time(time)),
            Operand::Path(path),
        ) => is_property(path, property).then_some(*time),
        _ => None,
    }
}

/// Of what is not known anything may hold, also its opposite: only whole parts that ask
/// for nothing else are evaluated.
pub(super) fn may_pass(expression: &Expression, record: &dyn Record, known: &[&str]) -> bool {
    match expression {
        Expression::And(parts) => parts.iter().all(|part| may_pass(part, record, known)),
        Expression::Or(parts) => parts.iter().any(|part| may_pass(part, record, known)),
        part if asks_only(part, known) => eval::truth(part, record, &mut Vec::new()) == Some(true),
        _ => true,
    }
}

/// Whether any whole part asks for nothing else than what is known.
pub(super) fn asks_of(expression: &Expression, known: &[&str]) -> bool {
    match expression {
        Expression::And(parts) | Expression::Or(parts) => {
            parts.iter().any(|part| asks_of(part, known))
        }
        part => asks_only(part, known),
    }
}

fn asks_only(expression: &Expression, known: &[&str]) -> bool {
    match expression {
        Expression::And(parts) | Expression::Or(parts) => {
            parts.iter().all(|part| asks_only(part, known))
        }
        Expression::Not(inner) => asks_only(inner, known),
        Expression::Compare(_, left, right) | Expression::Text(_, left, right) => {
            is_known(left, known) && is_known(right, known)
        }
        Expression::In(operand, _) | Expression::Holds(operand) => is_known(operand, known),
        Expression::Over { path, body, .. } => {
            is_known_path(path, known) && body.as_ref().is_none_or(|body| asks_only(body, known))
        }
    }
}

fn is_known(operand: &Operand, known: &[&str]) -> bool {
    match operand {
        Operand::Path(path) => is_known_path(path, known),
        Operand::Literal(_) => true,
        Operand::Lower(inner)
        | Operand::Upper(inner)
        | Operand::Trim(inner)
        | Operand::Length(inner)
        | Operand::Rank(_, inner) => is_known(inner, known),
    }
}

/// What belongs to a variable is as known as the collection that it goes over.
fn is_known_path(path: &Path, known: &[&str]) -> bool {
    path.variable.is_some() || path.property.is_some_and(|p| known.contains(&p.name))
}

fn is_property(path: &Path, name: &str) -> bool {
    path.variable.is_none()
        && path.within.is_empty()
        && path.property.is_some_and(|p| p.name == name)
}

fn text(literal: &Literal) -> Option<String> {
    match literal {
        Literal::Text(text) => Some(text.to_lowercase()),
        _ => None,
    }
}
