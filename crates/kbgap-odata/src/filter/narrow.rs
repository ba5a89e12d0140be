//! What a filter demands of single properties, so that an index can be asked
//! instead of every record.

use super::{Comparison, Expression, Literal, Operand, Path};
use crate::Time;

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
