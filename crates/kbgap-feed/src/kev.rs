//! CISA's catalogue of known exploited vulnerabilities, as JSON or CSV.
//!
//! An entry without a CVE id is passed over; of the rest what cannot be read is left
//! out. The CSV has neither a release nor a version: it is as new as its newest entry.

use std::collections::BTreeMap;

use kbgap_catalog::{CveId, KnownExploitedEntry, KnownExploitedRecord, OddKind};

use crate::fields::{date, timestamp};
use crate::form::Form;
use crate::json::Json;
use crate::odd::Odd;
use crate::source::{LineCounter, Source};
use crate::text::{beginning, harmless, one_line};
use crate::{FeedError, Reason, csv_rows};

/// Its name where odd values are shown.
const NAME: &str = "cisa-kev";
/// CISA lists some two thousand.
const MAX_ENTRIES: usize = 200_000;

/// Reads the list.
///
/// # Errors
/// [`FeedError`] with file, line and reason when it cannot be used.
pub fn read(source: Source<'_>) -> Result<KnownExploitedRecord, FeedError> {
    let file = source.name;
    let mut reading = Reading::new();
    let (read, line) = if source.form == Form::KevCsv {
        let line = source.text.line();
        (reading.csv(source.text), Some(line.get()))
    } else {
        let mut json = Json::new(source.text);
        (reading.json(&mut json), json.line())
    };
    read.and_then(|()| reading.finish())
        .map_err(|reason| FeedError::at(file, line, reason))
}

/// The texts of an entry.
#[derive(Default)]
struct Texts {
    cve: String,
    date_added: String,
    due_date: String,
    required_action: String,
    ransomware: String,
}

struct Reading {
    released: Option<i64>,
    version: String,
    /// How many there are, as the document says.
    count: Option<usize>,
    entries: BTreeMap<CveId, KnownExploitedEntry>,
    listed: usize,
    odd: Odd,
}

impl Reading {
    const fn new() -> Self {
        Self {
            released: None,
            version: String::new(),
            count: None,
            entries: BTreeMap::new(),
            listed: 0,
            odd: Odd::new(NAME),
        }
    }

    fn json(&mut self, json: &mut Json<'_>) -> Result<(), Reason> {
        json.members(|json, name| {
            match name {
                "catalogVersion" => self.version = one_line(json.text()?),
                "dateReleased" => {
                    let text = json.text()?;
                    self.released = timestamp(&text);
                    if self.released.is_none() && !text.is_empty() {
                        self.odd.add(
                            OddKind::Value,
                            format!("dateReleased `{}` is no date", beginning(&text)),
                        );
                    }
                }
                "count" => self.count = json.text()?.parse().ok(),
                "vulnerabilities" => json.items(|json| {
                    let mut texts = Texts::default();
                    let place = json.place();
                    json.members(|json, name| {
                        let field = match name {
                            "cveID" => &mut texts.cve,
                            "dateAdded" => &mut texts.date_added,
                            "dueDate" => &mut texts.due_date,
                            "requiredAction" => &mut texts.required_action,
                            "knownRansomwareCampaignUse" => &mut texts.ransomware,
                            _ => return json.skip(),
                        };
                        *field = json.text()?;
                        Ok(())
                    })?;
                    self.take(&place, texts)
                })?,
                _ => json.skip()?,
            }
            Ok(())
        })?;
        json.end()?;
        for detail in json.take_odd() {
            self.odd.add(OddKind::Value, detail);
        }
        Ok(())
    }

    fn csv(&mut self, text: LineCounter<Box<dyn std::io::BufRead + '_>>) -> Result<(), Reason> {
        csv_rows::read(text, 1, |columns, row| {
            let column = |name| {
                let text = columns.get(row, name).unwrap_or_default();
                harmless(String::from_utf8_lossy(text).into_owned())
            };
            let texts = Texts {
                cve: column("cveID"),
                date_added: column("dateAdded"),
                due_date: column("dueDate"),
                required_action: column("requiredAction"),
                ransomware: column("knownRansomwareCampaignUse"),
            };
            self.take(&csv_rows::place(row), texts)
        })
    }

    fn take(&mut self, place: &str, texts: Texts) -> Result<(), Reason> {
        self.listed += 1;
        if self.listed > MAX_ENTRIES {
            return Err(Reason::TooMany(MAX_ENTRIES));
        }
        let Ok(cve) = texts.cve.parse::<CveId>() else {
            let id = beginning(&one_line(texts.cve));
            self.odd
                .add(OddKind::VulnerabilityId, format!("{place}: `{id}`"));
            return Ok(());
        };
        let mut day = |name: &str, text: &str| {
            let day = date(text);
            if day.is_none() && !text.is_empty() {
                let text = beginning(text);
                self.odd
                    .add(OddKind::Value, format!("{cve}: {name} `{text}` is no date"));
            }
            day
        };
        let entry = KnownExploitedEntry {
            cve,
            date_added: day("dateAdded", &texts.date_added),
            due_date: day("dueDate", &texts.due_date),
            required_action: one_line(texts.required_action),
            ransomware: texts.ransomware.eq_ignore_ascii_case("known"),
        };
        if self.entries.insert(cve, entry).is_some() {
            self.odd.add(
                OddKind::Value,
                format!("{cve} is listed twice: the later entry counts"),
            );
        }
        Ok(())
    }

    fn finish(mut self) -> Result<KnownExploitedRecord, Reason> {
        if let Some(count) = self.count.filter(|&count| count != self.listed) {
            let listed = self.listed;
            self.odd.add(
                OddKind::Value,
                format!("it says that it lists {count}, and lists {listed}"),
            );
        }
        let newest = self.entries.values().filter_map(|e| e.date_added).max();
        if self.entries.is_empty() {
            return Err(Reason::Lacks("vulnerabilities"));
        }
        Ok(KnownExploitedRecord {
            released: self.released.or(newest).ok_or(Reason::Lacks("date"))?,
            version: self.version,
            entries: self.entries.into_values().collect(),
            odd_values: self.odd.into_values(),
        })
    }
}
