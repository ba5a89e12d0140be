//! FIRST's scores of EPSS: CSV, with a line before it that names the model and the day.
//!
//! The forms of 2021 lack that line, and the oldest the percentile; of them the name of
//! the file tells the day, as it is served: `epss_scores-2021-04-14.csv.gz`.

use std::io::{BufRead, Read as _};

use kbgap_catalog::{CveId, EpssEntry, EpssRecord, OddKind, Share};

use crate::fields::{date, timestamp};
use crate::odd::Odd;
use crate::source::{LineCounter, Source, reason_of};
use crate::text::{beginning, harmless, one_line};
use crate::{FeedError, Reason, csv_rows};

/// Its name where odd values are shown.
const NAME: &str = "epss";
/// FIRST scores some 300,000; ids of CVEs grow by 50,000 a year.
const MAX_ENTRIES: usize = 2_000_000;
/// The line with model and day has some sixty characters.
const MAX_COMMENT: u64 = 4 << 10;

/// Reads the scores of a day.
///
/// # Errors
/// [`FeedError`] with file, line and reason when they cannot be used.
pub fn read(source: Source<'_>) -> Result<EpssRecord, FeedError> {
    let file = source.name;
    let line = source.text.line();
    let mut reading = Reading {
        scored: None,
        model: String::new(),
        entries: Vec::new(),
        odd: Odd::new(NAME),
    };
    let read = reading.text(source.text);
    read.and_then(|()| reading.finish(&file))
        .map_err(|reason| FeedError::at(file, Some(line.get()), reason))
}

struct Reading {
    scored: Option<i64>,
    model: String,
    entries: Vec<EpssEntry>,
    odd: Odd,
}

impl Reading {
    fn text(&mut self, mut text: LineCounter<Box<dyn BufRead + '_>>) -> Result<(), Reason> {
        let mut lines = 0;
        while text.fill_buf().map_err(reason_of)?.first() == Some(&b'#') {
            let mut comment = Vec::new();
            let mut limited = text.by_ref().take(MAX_COMMENT);
            limited.read_until(b'\n', &mut comment).map_err(reason_of)?;
            self.comment(&String::from_utf8_lossy(&comment));
            lines += 1;
        }
        csv_rows::read(text, lines + 1, |columns, row| {
            let (Some(probability), percentile) =
                (columns.position("epss"), columns.position("percentile"))
            else {
                return Err(Reason::Lacks("column `epss`"));
            };
            self.row(row, probability, percentile)
        })
    }

    /// `#model_version:v2023.03.01,score_date:2023-03-07T00:00:00+0000`.
    fn comment(&mut self, line: &str) {
        for part in line.trim_start_matches('#').split(',') {
            let Some((name, value)) = part.split_once(':') else {
                continue;
            };
            let value = value.trim();
            match name.trim() {
                "model_version" => self.model = one_line(harmless(beginning(value))),
                // The day is what is compared, and zones come in two spellings.
                "score_date" => self.scored = timestamp(value).or_else(|| date(value.get(..10)?)),
                _ => {}
            }
        }
    }

    fn row(
        &mut self,
        row: &csv::ByteRecord,
        probability: usize,
        percentile: Option<usize>,
    ) -> Result<(), Reason> {
        if self.entries.len() >= MAX_ENTRIES {
            return Err(Reason::TooMany(MAX_ENTRIES));
        }
        let text = |at: usize| {
            row.get(at)
                .and_then(|field| std::str::from_utf8(field).ok())
        };
        let share = |at: usize| text(at).and_then(|text| Share::new(text.parse().ok()?));
        let cve = text(0).and_then(|id| id.parse::<CveId>().ok());
        match (cve, share(probability)) {
            (Some(cve), Some(probability)) => {
                let of_row = percentile.and_then(share);
                if percentile.is_some() && of_row.is_none() {
                    self.odd_row(row, "percentile");
                }
                self.entries.push(EpssEntry {
                    cve,
                    probability,
                    percentile: of_row,
                });
            }
            (None, _) => self.odd_row(row, "CVE id"),
            (Some(_), None) => self.odd_row(row, "probability"),
        }
        Ok(())
    }

    fn odd_row(&mut self, row: &csv::ByteRecord, what: &str) {
        let fields: Vec<_> = row.iter().map(String::from_utf8_lossy).collect();
        let text = one_line(harmless(beginning(&fields.join(","))));
        let place = csv_rows::place(row);
        self.odd
            .add(OddKind::Value, format!("{place}: no {what} in `{text}`"));
    }

    fn finish(mut self, file: &str) -> Result<EpssRecord, Reason> {
        if self.entries.is_empty() {
            return Err(Reason::Lacks("scores"));
        }
        let scored = self
            .scored
            .or_else(|| day_in(file))
            .ok_or(Reason::NoScoreDate)?;
        let listed = self.entries.len();
        // Stable, so of two rows of a CVE the first one stays.
        self.entries.sort_by_key(|entry| entry.cve);
        self.entries.dedup_by_key(|entry| entry.cve);
        if self.entries.len() < listed {
            let twice = listed - self.entries.len();
            self.odd.add(
                OddKind::Value,
                format!("{twice} rows are of CVEs that were listed before"),
            );
        }
        self.entries.shrink_to_fit();
        Ok(EpssRecord {
            scored,
            model: self.model,
            entries: self.entries,
            odd_values: self.odd.into_values(),
        })
    }
}

/// The day in the name of a file.
fn day_in(file: &str) -> Option<i64> {
    let name = file.rsplit(['/', '\\']).next()?;
    (0..name.len()).find_map(|at| date(name.get(at..at + 10)?))
}
