//! The names in `$select`, `$orderby` and `$expand`, checked against the declared type.

use super::{Direction, Expansion};
use crate::edm::{EdmType, Property, Record, StructuredType};
use crate::query::{bad, malformed};
use crate::{ApiError, SystemOption, Value};

/// What `$select` chooses.
pub(super) struct Selection {
    pub(super) properties: Vec<&'static Property>,
    pub(super) annotations: Vec<&'static Property>,
}

/// What `$orderby` orders by: a property or annotation, and the way to a single value
/// within it, where it is complex.
#[derive(Debug)]
pub(super) struct OrderPath {
    first: &'static Property,
    within: Vec<&'static Property>,
}

/// Properties in `$select` and `$orderby`, navigations in `$expand`.
pub(super) const MAX_NAMES: usize = 100;

impl Selection {
    /// What is written where nobody chooses.
    pub(super) fn shown(of: &StructuredType) -> Self {
        Self {
            properties: of.shown(),
            annotations: of.annotations.iter().collect(),
        }
    }
}

impl OrderPath {
    /// Reads a name, or names with slashes between them.
    fn parse(text: &str, of: &'static StructuredType) -> Result<Self, ApiError> {
        let mut names = text.split('/');
        let name = names.next().unwrap_or_default();
        let mut path = Self {
            first: of
                .member(name)
                .ok_or_else(|| unknown(SystemOption::OrderBy, name, of))?,
            within: Vec::new(),
        };
        for name in names {
            let EdmType::Complex(of) = path.last().kind else {
                let expected = "a property, or one within a complex property";
                return Err(malformed(SystemOption::OrderBy, text, expected));
            };
            let property = of.property(name);
            let property = property.ok_or_else(|| unknown(SystemOption::OrderBy, name, of))?;
            path.within.push(property);
        }
        if matches!(
            path.last().kind,
            EdmType::Collection(_) | EdmType::Complex(_)
        ) {
            return Err(malformed(SystemOption::OrderBy, text, "a single value"));
        }
        Ok(path)
    }

    pub(super) fn last(&self) -> &'static Property {
        self.within.last().copied().unwrap_or(self.first)
    }

    pub(super) fn value<'a>(&self, record: &'a dyn Record) -> Value<'a> {
        let value = record.get(self.first.name);
        let within = self.within.iter();
        within.fold(value, |value, property| value.part(property.name))
    }

    fn is(&self, other: &Self) -> bool {
        let names = |path: &Self| {
            let within = path.within.iter().map(|p| p.name);
            std::iter::once(path.first.name)
                .chain(within)
                .collect::<Vec<_>>()
        };
        names(self) == names(other)
    }
}

fn names(text: &str, option: SystemOption) -> Result<Vec<&str>, ApiError> {
    let names: Vec<&str> = text.split(',').map(str::trim).collect();
    if names.len() > MAX_NAMES || names.iter().any(|name| name.is_empty()) {
        return Err(malformed(option, text, "a list of names with commas"));
    }
    Ok(names)
}

fn unknown(option: SystemOption, name: &str, of: &StructuredType) -> ApiError {
    let name: String = name.chars().take(60).collect();
    bad(&format!(
        "The query option '{}' names '{name}', which {} does not have{}.",
        option.name(),
        of.name,
        of.instead(&name)
    ))
}

pub(super) fn select(text: &str, of: &'static StructuredType) -> Result<Selection, ApiError> {
    let mut selected: Vec<&'static Property> = Vec::new();
    for name in names(text, SystemOption::Select)? {
        if name == "*" {
            selected.extend(of.shown());
        } else if let Some(property) = of.member(name) {
            selected.push(property);
        } else if of.navigation(name).is_none() {
            return Err(unknown(SystemOption::Select, name, of));
        }
    }
    // In the declared order, each once.
    let is_selected = |p: &&'static Property| selected.iter().any(|s| s.name == p.name);
    Ok(Selection {
        properties: of.all_properties().filter(is_selected).collect(),
        annotations: of.annotations.iter().filter(is_selected).collect(),
    })
}

pub(super) fn order(
    text: &str,
    of: &'static StructuredType,
) -> Result<Vec<(OrderPath, Direction)>, ApiError> {
    let mut order: Vec<(OrderPath, Direction)> = Vec::new();
    for part in names(text, SystemOption::OrderBy)? {
        let mut words = part.split_whitespace();
        let path = OrderPath::parse(words.next().unwrap_or_default(), of)?;
        let direction = match words.next().map(str::to_ascii_lowercase).as_deref() {
            None | Some("asc") => Direction::Ascending,
            Some("desc") => Direction::Descending,
            Some(_) => return Err(malformed(SystemOption::OrderBy, part, "asc or desc")),
        };
        if words.next().is_some() {
            return Err(malformed(
                SystemOption::OrderBy,
                part,
                "a property with asc or desc",
            ));
        }
        // What was ordered by already orders nothing more.
        if order.iter().all(|(known, _)| !known.is(&path)) {
            order.push((path, direction));
        }
    }
    Ok(order)
}

/// `software`, or `software($select=id,name)`.
pub(super) fn expand(text: &str, of: &'static StructuredType) -> Result<Vec<Expansion>, ApiError> {
    let mut expansions: Vec<Expansion> = Vec::new();
    for part in outside_parentheses(text) {
        let part = part.trim();
        let (name, inner) = match part.split_once('(') {
            Some((name, rest)) => {
                let inner = rest.strip_suffix(')').ok_or_else(|| {
                    malformed(SystemOption::Expand, part, "closed with a parenthesis")
                })?;
                (name.trim(), Some(inner))
            }
            None => (part, None),
        };
        let navigation = of
            .navigation(name)
            .ok_or_else(|| unknown(SystemOption::Expand, name, of))?;
        if expansions
            .iter()
            .any(|e| e.navigation.name == navigation.name)
        {
            return Err(bad(&format!(
                "The query option '$expand' names '{name}' more than once."
            )));
        }
        let selection = match inner {
            None => Selection::shown(navigation.target),
            Some(inner) => {
                let (option, value) = inner.split_once('=').unwrap_or((inner, ""));
                if !option.trim().eq_ignore_ascii_case("$select") {
                    return Err(bad(
                        "Within '$expand' only '$select' is supported, as in software($select=id).",
                    ));
                }
                select(value, navigation.target)?
            }
        };
        expansions.push(Expansion {
            navigation,
            properties: selection.properties,
            annotations: selection.annotations,
        });
    }
    Ok(expansions)
}

fn outside_parentheses(text: &str) -> Vec<&str> {
    let (mut depth, mut start) = (0_i32, 0);
    let mut parts = Vec::new();
    for (position, c) in text.char_indices() {
        match c {
            '(' => depth += 1,
            ')' => depth -= 1,
            ',' if depth == 0 => {
                parts.push(&text[start..position]);
                start = position + 1;
            }
            _ => {}
        }
    }
    parts.push(&text[start..]);
    parts
}
