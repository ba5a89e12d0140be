//! Lists of a console: `Format-List` and `wmic … /format:list`, a property a line.

use super::Read;
use super::fields::Mapping;
use super::hosts::Hosts;
use crate::{Format, ReportError};

/// The most properties that an object may have.
const MAX_PROPERTIES: usize = 500;

/// An object: its line, and its properties in order.
struct Object<'t> {
    line: usize,
    properties: Vec<(&'t str, String)>,
}

/// Reads the objects of a list; `None` where the text is none that tells of hosts.
pub(super) fn read(text: &str) -> Option<Result<Read, ReportError>> {
    let objects = objects(text)?;
    let names = objects.iter().flat_map(|o| &o.properties);
    let mapping = Mapping::of(names.map(|(name, _)| *name));
    if !mapping.is_useful() {
        return None;
    }
    let mut hosts = match Hosts::of(&mapping) {
        Ok(hosts) => hosts,
        Err(wrong) => return Some(Err(wrong)),
    };
    for object in &objects {
        let values = object
            .properties
            .iter()
            .filter_map(|(name, value)| Some((mapping.field(name)?, value.as_str())));
        if let Err(message) = hosts.add(&format!("line {}", object.line), values) {
            return Some(Err(ReportError::Line {
                format: Format::Table,
                line: object.line,
                message,
            }));
        }
    }
    Some(Ok(hosts.finish()))
}

/// Lines such as `Name : value`, where a value goes on below, indented. A name that
/// comes again begins another object: consoles write more empty lines than they mean.
fn objects(text: &str) -> Option<Vec<Object<'_>>> {
    let mut objects: Vec<Object<'_>> = Vec::new();
    for (position, line) in text.lines().enumerate() {
        let line = line.trim_end();
        if line.is_empty() {
            continue;
        }
        if line.starts_with([' ', '\t']) {
            if let Some((_, value)) = objects.last_mut().and_then(|o| o.properties.last_mut()) {
                value.push(' ');
                value.push_str(line.trim_start());
            }
            continue;
        }
        let (name, value) = split(line)?;
        let is_new = objects.last().is_none_or(|object| {
            object.properties.len() >= MAX_PROPERTIES
                || object.properties.iter().any(|(known, _)| *known == name)
        });
        if is_new {
            objects.push(Object {
                line: position + 1,
                properties: Vec::new(),
            });
        }
        if let Some(object) = objects.last_mut() {
            object.properties.push((name, value.to_owned()));
        }
    }
    Some(objects)
}

/// The name and the value of a line; `None` where it is neither.
fn split(line: &str) -> Option<(&str, &str)> {
    let at = line.find([':', '='])?;
    let name = line[..at].trim_end();
    // Names of properties are words, and those of other texts are not.
    let is_name = !name.is_empty() && name.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_');
    // A colon is set off by a blank, but where nothing follows; an equals sign is not.
    let is_set_off = line.as_bytes()[at] == b'=' || line[..at].ends_with(' ');
    (is_name && is_set_off).then(|| (name, line[at + 1..].trim()))
}
