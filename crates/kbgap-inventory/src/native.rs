//! The native machine document: one JSON object, an array, or NDJSON.
//!
//! A record that is wrong is refused with its JSON path; the others go in.

mod document;

use serde_json::error::Category;
use serde_json::value::RawValue;

use crate::Machine;
use document::Document;
pub(crate) use document::installation_type_of;

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
        let records: Vec<&RawValue> = parse(text)?;
        return Ok(records
            .into_iter()
            .enumerate()
            .map(|(index, raw)| Record {
                index,
                line: None,
                machine: machine(raw.get()),
            })
            .collect());
    }
    if !text.starts_with('{') {
        return Err(RecordError {
            path: None,
            message: "neither a JSON object nor an array".to_owned(),
        });
    }
    // One object may span many lines; lines that are objects of their own are NDJSON.
    if let Ok(raw) = serde_json::from_str::<&RawValue>(text) {
        return Ok(vec![Record {
            index: 0,
            line: None,
            machine: machine(raw.get()),
        }]);
    }
    let lines: Vec<(usize, &str)> = text
        .lines()
        .enumerate()
        .filter(|(_, line)| !line.trim().is_empty())
        .collect();
    let records: Vec<Record> = lines
        .iter()
        .enumerate()
        .map(|(index, (line, text))| Record {
            index,
            line: Some(line + 1),
            machine: machine(text),
        })
        .collect();
    // A single object that is cut off is no batch of broken lines.
    let any_whole = lines
        .iter()
        .any(|(_, line)| serde_json::from_str::<&RawValue>(line).is_ok());
    if any_whole {
        Ok(records)
    } else {
        parse::<&RawValue>(text).map(|_| records)
    }
}

/// Reads one record.
///
/// # Errors
/// [`RecordError`], naming the place and what was expected.
pub fn machine(json: &str) -> Result<Machine, RecordError> {
    parse::<Document>(json)?.into_machine()
}

fn parse<'a, T: serde::Deserialize<'a> + Sized>(json: &'a str) -> Result<T, RecordError> {
    let mut deserializer = serde_json::Deserializer::from_str(json);
    let value: T = serde_path_to_error::deserialize(&mut deserializer).map_err(|e| {
        let path = e.path().to_string();
        RecordError {
            path: (path != ".").then_some(path),
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
    match error.classify() {
        Category::Data => what.to_owned(),
        Category::Eof => format!("is cut off{place}: {what}"),
        Category::Syntax | Category::Io => format!("is no JSON{place}: {what}"),
    }
}
