//! The native machine document: one JSON object, an array, or NDJSON.
//!
//! A record that is wrong is refused with its JSON path; the others go in.

mod document;
mod dot_net;
mod network;
mod object;
mod software;
mod text;

use serde::de::{Error as _, IgnoredAny};
use serde::{Deserialize, Deserializer};
use serde_json::error::Category;
use serde_json::value::RawValue;

use crate::Machine;
use crate::text::message as harmless;
use document::Document;
pub(crate) use document::{MAX_ADDRESSES, MAX_KBS, MAX_SOFTWARE, installation_type_of};
use object::Object;

/// Whether a text has the form of a GUID.
pub(crate) fn is_guid(text: &str) -> bool {
    text.parse::<network::Guid>().is_ok()
}

/// A record that was refused.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{}{message}", path.as_ref().map(|p| format!("{p}: ")).unwrap_or_default())]
pub struct RecordError {
    /// The JSON path of the mistake, for instance `installedKbs[3].id`.
    pub path: Option<String>,
    /// What is wrong, and what was expected.
    pub message: String,
}

/// A record of a batch.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Record {
    /// Its position among the records, from 0.
    pub index: usize,
    /// Its line, from 1, where records stand on lines.
    pub line: Option<usize>,
    /// The machine, or why it was refused.
    pub machine: Result<Machine, RecordError>,
}

/// Reads all records of a text: an object, an array of objects, or an object a line.
///
/// # Errors
/// [`RecordError`] when the text as a whole is none of these.
pub fn read(text: &str) -> Result<Vec<Record>, RecordError> {
    let text = text.trim_start_matches('\u{feff}').trim();
    if text.starts_with('[') {
        // Where nothing is wrong, one pass is enough.
        if let Ok(documents) = serde_json::from_str::<Vec<Sound>>(text) {
            let machines = documents.into_iter().map(|Sound(machine)| Ok(machine));
            return Ok(machines.enumerate().map(unlined).collect());
        }
        let records: Vec<&RawValue> = parse(text)?;
        let machines = records.into_iter().map(|raw| machine(raw.get()));
        return Ok(machines.enumerate().map(unlined).collect());
    }
    // One object may span many lines; lines that are objects of their own are NDJSON.
    if text.starts_with('{') {
        if let Ok(Sound(machine)) = serde_json::from_str(text) {
            return Ok(vec![unlined((0, Ok(machine)))]);
        }
        if serde_json::from_str::<IgnoredAny>(text).is_ok() {
            return Ok(vec![unlined((0, machine(text)))]);
        }
    }
    // A single object that is cut off is no batch of broken lines.
    let is_batch = text
        .lines()
        .any(|line| line.trim_start().starts_with('{') && parse::<&RawValue>(line).is_ok());
    if is_batch {
        return Ok(read_lines(text.as_bytes()));
    }
    if text.starts_with('{') {
        parse::<&RawValue>(text)?;
    }
    Err(RecordError {
        path: None,
        message: "neither a JSON object nor an array".to_owned(),
    })
}

/// A record of a text whose records stand on no lines of their own.
fn unlined((index, machine): (usize, Result<Machine, RecordError>)) -> Record {
    Record {
        index,
        line: None,
        machine,
    }
}

/// Reads NDJSON: each line that is not blank is a record, whatever stands on it.
#[must_use]
pub fn read_lines(bytes: &[u8]) -> Vec<Record> {
    let mut records = Vec::new();
    for (number, line) in bytes.split(|b| *b == b'\n').enumerate() {
        records.extend(read_line(line, records.len(), number + 1));
    }
    records
}

/// Reads a line of NDJSON by its number, from 1, as the record at an index; `None` where
/// it is blank.
#[must_use]
pub fn read_line(line: &[u8], index: usize, number: usize) -> Option<Record> {
    let mark = "\u{feff}".as_bytes();
    let line = match number {
        1 => line.strip_prefix(mark).unwrap_or(line),
        _ => line,
    };
    (!line.trim_ascii().is_empty()).then(|| Record {
        index,
        line: Some(number),
        machine: line_of(line),
    })
}

fn line_of(line: &[u8]) -> Result<Machine, RecordError> {
    let text = std::str::from_utf8(line).map_err(|_| RecordError {
        path: None,
        message: "is not UTF-8".to_owned(),
    })?;
    machine(text)
}

/// Reads one record.
///
/// # Errors
/// [`RecordError`], naming the place and what was expected.
pub fn machine(json: &str) -> Result<Machine, RecordError> {
    parse::<Object<Document>>(json)?.0.into_machine()
}

/// A machine of a document with nothing wrong.
struct Sound(Machine);

impl<'de> Deserialize<'de> for Sound {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let Object(document) = Object::<Document>::deserialize(deserializer)?;
        document.into_machine().map(Self).map_err(D::Error::custom)
    }
}

/// Reads a value. Only for what is wrong is it read again to tell the place: following
/// the path takes longer than reading.
fn parse<'a, T: Deserialize<'a>>(json: &'a str) -> Result<T, RecordError> {
    serde_json::from_str(json).or_else(|_| parse_with_path(json))
}

fn parse_with_path<'a, T: Deserialize<'a>>(json: &'a str) -> Result<T, RecordError> {
    let mut deserializer = serde_json::Deserializer::from_str(json);
    let value: T = serde_path_to_error::deserialize(&mut deserializer).map_err(|e| {
        // A name that cannot be read is `?` in it.
        let path = e.path().to_string();
        let path = path.trim_end_matches('?').trim_end_matches('.');
        RecordError {
            path: (!path.is_empty()).then(|| harmless(path)),
            message: message(&e.into_inner()),
        }
    })?;
    deserializer.end().map_err(|e| RecordError {
        path: None,
        message: message(&e),
    })?;
    Ok(value)
}

/// The message of an error. For a wrong value its path says the place, and the parser's
/// would mislead: it is counted from the start of the record and not of the file.
fn message(error: &serde_json::Error) -> String {
    let text = error.to_string();
    let place = format!(" at line {} column {}", error.line(), error.column());
    let what = text.strip_suffix(&place).unwrap_or(&text);
    // It may repeat words of the document.
    let what = harmless(what);
    match error.classify() {
        Category::Data => what,
        Category::Eof => format!("is cut off{place}: {what}"),
        Category::Syntax | Category::Io => format!("is no JSON{place}: {what}"),
    }
}
