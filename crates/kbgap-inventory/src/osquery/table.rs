//! The newest rows of one query of one host.
//!
//! A query either tells all rows each time (a snapshot), or what was added and removed
//! since its last run (a differential log), which begins with a run of the counter 0 that
//! tells all rows, and begins anew when the epoch changes.
//!
//! Logs may be sent again, in other portions. So what is kept of each row is by which run
//! it was told last, also of rows that were removed, and of all runs that tell everything
//! the newest one: whatever comes in whatever order and however often, the rows are the
//! same in the end.
//!
//! The times are the host's. They only order its runs, so that its clock need not be
//! right; where a clock was wrong by more than a day and was set, the table begins anew.

#[cfg(test)]
mod tests;

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::Row;

/// The most rows that are kept: as many as a machine may have programs.
const MAX_ROWS: usize = 20_000;
/// Rows that were removed and are remembered. Those of longest ago are forgotten: what is
/// sent again was sent lately.
const MAX_REMOVED: usize = 5_000;
/// The most rows that are kept at all. Of a list that has more, one more says so.
pub(super) const MOST_ROWS: usize = MAX_ROWS + MAX_REMOVED;
/// The most that the rows of a query say together, in bytes: tens of times what the longest
/// list of programs says.
const MAX_BYTES: usize = 16 << 20;
/// How far ahead of the server a host's clock may be, in seconds.
const AHEAD: i64 = 24 * 60 * 60;

/// The run of a query that tells something.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Run {
    /// When it was, in seconds since 1970 by the host's clock.
    pub at: i64,
    /// Which run it was since the one that told all rows.
    pub counter: u64,
    /// The epoch of the schedule.
    pub epoch: u64,
}

/// What a run tells.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Change {
    /// Rows of all that there are; where they come in several pieces, all have the same run.
    All(Vec<Row>),
    /// Rows that came or went.
    Difference {
        /// Those that came.
        added: Vec<Row>,
        /// Those that went.
        removed: Vec<Row>,
    },
}

impl Change {
    /// How many rows are told.
    pub(super) fn rows(&self) -> usize {
        match self {
            Self::All(rows) => rows.len(),
            Self::Difference { added, removed } => added.len() + removed.len(),
        }
    }
}

/// The newest rows of a query.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(from = "Stored", into = "Stored")]
pub struct Table {
    /// The newest run that told all rows.
    base: Option<Base>,
    marks: BTreeMap<Row, Mark>,
    /// The last run since the base.
    last: u64,
    /// Whether a run may be missing between the base and the last.
    has_gap: bool,
    /// Whether there were more rows than are kept.
    is_cut: bool,
    /// What all rows say, in bytes.
    bytes: usize,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
struct Base {
    at: i64,
    /// The epoch in which differences count from it; a snapshot is of any.
    epoch: Option<u64>,
}

/// By which run a row was told last.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
struct Mark {
    at: i64,
    counter: u64,
    is_there: bool,
    epoch: u64,
}

impl Table {
    /// Takes what runs tell, at the server's time `now` in seconds since 1970.
    pub fn apply(&mut self, runs: impl IntoIterator<Item = (Run, Change)>, now: i64) {
        let is_ahead = |at: i64| at > now.saturating_add(AHEAD);
        let mut latest = self.latest();
        for (run, change) in runs {
            if latest.is_some_and(|latest| is_ahead(latest) != is_ahead(run.at)) {
                *self = Self::default();
                latest = None;
            }
            latest = latest.max(Some(run.at));
            self.apply_one(run, change);
        }
        self.forget_removed();
    }

    fn apply_one(&mut self, run: Run, change: Change) {
        match change {
            Change::All(rows) => {
                self.begin(Base {
                    at: run.at,
                    epoch: None,
                });
                self.mark_all(rows, run, true);
            }
            Change::Difference { added, removed } => {
                if run.counter == 0 {
                    self.begin(Base {
                        at: run.at,
                        epoch: Some(run.epoch),
                    });
                } else if self.base.is_none_or(|base| run.at >= base.at) {
                    self.has_gap |=
                        self.base.is_some() && run.counter > self.last.saturating_add(1);
                    self.last = self.last.max(run.counter);
                }
                self.mark_all(added, run, true);
                self.mark_all(removed, run, false);
            }
        }
    }

    /// A run that tells all rows: what was told before does not count any more.
    fn begin(&mut self, base: Base) {
        if self.base.is_some_and(|known| known >= base) {
            return;
        }
        self.base = Some(base);
        self.keep(|mark| mark.at >= base.at);
        let counters = self.marks.values().map(|mark| mark.counter);
        self.last = counters.max().unwrap_or_default();
        (self.has_gap, self.is_cut) = (false, false);
    }

    fn mark_all(&mut self, rows: Vec<Row>, run: Run, is_there: bool) {
        if self.base.is_some_and(|base| run.at < base.at) {
            return;
        }
        let mark = Mark {
            at: run.at,
            counter: run.counter,
            is_there,
            epoch: run.epoch,
        };
        for row in rows {
            if let Some(known) = self.marks.get_mut(&row) {
                *known = mark.max(*known);
                continue;
            }
            let bytes = self.bytes + row.size();
            if self.marks.len() >= MOST_ROWS || bytes > MAX_BYTES {
                self.is_cut = true;
            } else {
                self.bytes = bytes;
                self.marks.insert(row, mark);
            }
        }
    }

    fn forget_removed(&mut self) {
        let removed = self.marks.values().filter(|mark| !mark.is_there);
        let mut runs: Vec<_> = removed.map(|mark| (mark.at, mark.counter)).collect();
        if runs.len() > MAX_REMOVED {
            runs.sort_unstable();
            let oldest = runs[runs.len() - MAX_REMOVED];
            self.keep(|mark| mark.is_there || (mark.at, mark.counter) >= oldest);
        }
    }

    fn keep(&mut self, is_kept: impl Fn(&Mark) -> bool) {
        self.marks.retain(|row, mark| {
            let is_kept = is_kept(mark);
            if !is_kept {
                self.bytes -= row.size();
            }
            is_kept
        });
    }

    /// When the newest run was that told something, in seconds since 1970.
    #[must_use]
    pub fn latest(&self) -> Option<i64> {
        let marks = self.marks.values().map(|mark| mark.at).max();
        marks.max(self.base.map(|base| base.at))
    }

    /// The rows; `None` where it is not known what all of them are: no run has told them,
    /// or differences are of another epoch, or of a query whose text has changed.
    pub fn rows(&self) -> Option<impl Iterator<Item = &Row>> {
        let base = self.base?;
        let is_whole = base.epoch.is_none_or(|epoch| {
            let of_base = |mark: &Mark| mark.at == base.at && mark.counter == 0;
            self.marks
                .values()
                .all(|mark| mark.epoch == epoch && (mark.is_there || !of_base(mark)))
        });
        let there = self.marks.iter().filter(|(_, mark)| mark.is_there);
        is_whole.then(|| there.map(|(row, _)| row).take(MAX_ROWS))
    }

    /// Whether all rows should be asked for, since some may be missing or too many.
    #[must_use]
    pub fn is_lacking(&self) -> bool {
        self.has_gap || self.rows().is_none()
    }

    /// Whether there were more rows than are kept.
    #[must_use]
    pub fn is_cut(&self) -> bool {
        let there = self.marks.values().filter(|mark| mark.is_there);
        self.is_cut || there.count() > MAX_ROWS
    }
}

/// A table as it is kept: JSON has no keys that are rows.
#[derive(Serialize, Deserialize)]
struct Stored {
    base: Option<Base>,
    rows: Vec<(Row, Mark)>,
    last: u64,
    #[serde(default)]
    has_gap: bool,
    #[serde(default)]
    is_cut: bool,
}

impl From<Stored> for Table {
    fn from(stored: Stored) -> Self {
        let marks: BTreeMap<Row, Mark> = stored.rows.into_iter().collect();
        Self {
            base: stored.base,
            bytes: marks.keys().map(Row::size).sum(),
            marks,
            last: stored.last,
            has_gap: stored.has_gap,
            is_cut: stored.is_cut,
        }
    }
}

impl From<Table> for Stored {
    fn from(table: Table) -> Self {
        Self {
            base: table.base,
            rows: table.marks.into_iter().collect(),
            last: table.last,
            has_gap: table.has_gap,
            is_cut: table.is_cut,
        }
    }
}
