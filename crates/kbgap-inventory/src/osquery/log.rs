//! The bodies that osquery sends: logs of scheduled queries, and answers to distributed
//! ones.
//!
//! A line or an answer that is not understood is left out and counted, and never spoils
//! the others; osquery would send the same again and again if the whole were refused.

#[cfg(test)]
mod tests;

use std::collections::BTreeMap;

use serde::Deserialize;
use serde_json::value::RawValue;

use super::bounded::Bounded;
use super::row::Rows;
use super::{Change, Query, Row, Run};
use crate::loose::Loose;

/// What one line tells of a query.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    /// The query.
    pub query: Query,
    /// The run in which it was told.
    pub run: Run,
    /// What is told.
    pub change: Change,
}

/// The log of a host.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Log {
    /// What was understood, in its order.
    pub entries: Vec<Entry>,
    /// Lines that were not understood, and why the first was not.
    pub refused: (usize, Option<String>),
}

/// Answers of a host to distributed queries.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Answers {
    /// The rows of each query that succeeded.
    pub rows: Vec<(Query, Vec<Row>)>,
    /// The host's time, in seconds since 1970, where it was asked for.
    pub at: Option<i64>,
    /// What was not answered, with osquery's message.
    pub failed: Vec<(String, String)>,
}

/// The most lines of a log, and the most rows of a body: osquery sends 1,024 lines at a
/// time unless it is told otherwise.
const MAX_LINES: usize = 100_000;
/// The most answers, of which osquery has one for each query that it was asked.
const MAX_ANSWERS: usize = 256;

/// Why a body is not taken.
#[derive(Debug, thiserror::Error)]
pub enum BodyError {
    /// It is not what osquery sends.
    #[error(transparent)]
    Json(#[from] serde_json::Error),
    /// It has more rows or lines than are read at a time.
    #[error("it has more than {MAX_LINES} lines or rows")]
    TooMany,
}

#[derive(Deserialize)]
struct KeyBody {
    #[serde(default)]
    node_key: Loose,
}

/// The key by which a host is known; empty where the body has none. Nothing else of the
/// body is kept, so that it may come from anybody.
///
/// # Errors
/// What is wrong with the body as a whole.
pub fn read_key(text: &str) -> Result<String, serde_json::Error> {
    let body: KeyBody = serde_json::from_str(text)?;
    Ok(body.node_key.0)
}

#[derive(Deserialize)]
struct LogBody<'b> {
    #[serde(default)]
    log_type: Loose,
    #[serde(default, borrow)]
    data: Option<Bounded<Vec<&'b RawValue>, MAX_LINES>>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Line {
    #[serde(default)]
    name: Loose,
    #[serde(default)]
    action: Loose,
    #[serde(default)]
    unix_time: Loose,
    #[serde(default)]
    epoch: Loose,
    #[serde(default)]
    counter: Loose,
    #[serde(default)]
    columns: Option<Row>,
    #[serde(default)]
    snapshot: Option<Rows>,
    #[serde(default)]
    diff_results: Option<Differences>,
}

/// Where there are none, older versions write an empty text.
#[derive(Default, Deserialize)]
struct Differences {
    #[serde(default)]
    added: Rows,
    #[serde(default)]
    removed: Rows,
}

/// Reads a log. Status logs have no entries. A line without a time is as of `now`, in
/// seconds since 1970.
///
/// # Errors
/// What is wrong with the body as a whole.
pub fn read_log(text: &str, now: i64) -> Result<Log, BodyError> {
    let body: LogBody<'_> = serde_json::from_str(text)?;
    let mut log = Log::default();
    if !body.log_type.0.trim().eq_ignore_ascii_case("result") {
        return Ok(log);
    }
    let lines = body.data.unwrap_or_default();
    if lines.is_cut {
        return Err(BodyError::TooMany);
    }
    let mut rows = 0;
    for line in lines.kept {
        match entry(line.get(), now) {
            Ok(entry) => {
                rows += entry.as_ref().map_or(0, |entry| entry.change.rows());
                if rows > MAX_LINES {
                    return Err(BodyError::TooMany);
                }
                log.entries.extend(entry);
            }
            Err(reason) => {
                log.refused.0 += 1;
                log.refused.1.get_or_insert_with(|| told(&reason));
            }
        }
    }
    Ok(log)
}

/// As much of a message as belongs into a log: messages repeat what was sent.
fn told(message: &str) -> String {
    message.chars().take(200).collect()
}

/// What a line tells; nothing where it is of a query that is none of ours.
fn entry(line: &str, now: i64) -> Result<Option<Entry>, String> {
    // Members without names would do for the reader of structures.
    if !line.starts_with('{') {
        return Err("is no object".to_owned());
    }
    let line: Line = serde_json::from_str(line).map_err(|e| e.to_string())?;
    let Some(query) = Query::named(line.name.0.trim()) else {
        return Ok(None);
    };
    let number = |text: &Loose| text.0.trim().parse::<u64>().unwrap_or_default();
    let run = Run {
        at: line.unix_time.0.trim().parse().unwrap_or(now),
        counter: number(&line.counter),
        epoch: number(&line.epoch),
    };
    let is_snapshot = line.action.0.trim() == "snapshot";
    let change = match (line.snapshot, line.diff_results, line.columns) {
        (Some(Rows(rows)), ..) => Change::All(rows.ok_or("`snapshot` is no list")?),
        (None, Some(differences), _) => Change::Difference {
            added: differences.added.0.unwrap_or_default(),
            removed: differences.removed.0.unwrap_or_default(),
        },
        // With `--logger_snapshot_event_type` each row of a snapshot has a line.
        (None, None, Some(row)) if is_snapshot => Change::All(vec![row]),
        (None, None, Some(row)) => {
            let row = vec![row];
            match line.action.0.trim() {
                "added" => Change::Difference {
                    added: row,
                    removed: Vec::new(),
                },
                "removed" => Change::Difference {
                    added: Vec::new(),
                    removed: row,
                },
                other => {
                    let shown = crate::text::shown(other);
                    return Err(format!("`action`: `{shown}` is not known"));
                }
            }
        }
        // Older versions leave out the list of an empty snapshot.
        (None, None, None) if is_snapshot => Change::All(Vec::new()),
        (None, None, None) => {
            return Err("has neither `columns` nor `snapshot` nor `diffResults`".to_owned());
        }
    };
    Ok(Some(Entry { query, run, change }))
}

#[derive(Deserialize)]
struct AnswerBody<'b> {
    #[serde(default, borrow)]
    queries: Bounded<BTreeMap<String, &'b RawValue>, MAX_ANSWERS>,
    #[serde(default)]
    statuses: Bounded<BTreeMap<String, Loose>, MAX_ANSWERS>,
    #[serde(default)]
    messages: Bounded<BTreeMap<String, Loose>, MAX_ANSWERS>,
}

/// The query by which a host tells its time, beside those that are read.
const TIME: &str = "kbgap_time";

/// Reads answers to distributed queries.
///
/// # Errors
/// What is wrong with the body as a whole.
pub fn read_answers(text: &str) -> Result<Answers, BodyError> {
    let body: AnswerBody<'_> = serde_json::from_str(text)?;
    let (statuses, messages) = (body.statuses.kept, body.messages.kept);
    if body.queries.is_cut {
        return Err(BodyError::TooMany);
    }
    let mut answers = Answers::default();
    let mut count = 0;
    for (name, rows) in body.queries.kept {
        let status = statuses.get(&name).map_or("", |status| &status.0);
        let message = || messages.get(&name).map_or("", |message| &message.0);
        let failed = |message: &str| (crate::text::shown(&name), told(message));
        // Before 2.1.2 there were no statuses, and only what succeeded was told.
        if !matches!(status.trim(), "" | "0") {
            answers.failed.push(failed(message()));
            continue;
        }
        let rows = match serde_json::from_str::<Rows>(rows.get()) {
            Ok(Rows(rows)) => rows.unwrap_or_default(),
            Err(error) => {
                answers.failed.push(failed(&error.to_string()));
                continue;
            }
        };
        count += rows.len();
        if count > MAX_LINES {
            return Err(BodyError::TooMany);
        }
        if name == TIME {
            answers.at = rows.first().and_then(|row| row.number("unix_time"));
        } else if let Some(query) = Query::named(&name) {
            answers.rows.push((query, rows));
        }
    }
    Ok(answers)
}
