//! Telling whoever waits how far long work is: a bar on a terminal, a few plain
//! lines where stderr goes to a file or a log.

use std::io::IsTerminal;
use std::sync::atomic::{AtomicUsize, Ordering};

use indicatif::{ProgressBar, ProgressStyle};

use crate::output::note;

/// Progress in numbers of one kind of thing. Safe to call from several threads.
pub(crate) enum Progress {
    Bar(ProgressBar),
    Lines {
        what: &'static str,
        /// How many quarters have been told.
        told: AtomicUsize,
    },
}

impl Progress {
    /// Of what is not counted yet.
    pub(crate) fn unknown(what: &'static str) -> Self {
        Self::new(0, what)
    }

    pub(crate) fn new(total: usize, what: &'static str) -> Self {
        if !std::io::stderr().is_terminal() {
            return Self::Lines {
                what,
                told: AtomicUsize::new(0),
            };
        }
        let bar = ProgressBar::new(total as u64);
        if let Ok(style) = ProgressStyle::with_template("{bar:40} {pos}/{len} {msg}") {
            bar.set_style(style);
        }
        bar.set_message(what);
        Self::Bar(bar)
    }

    /// `done` of `total` are done.
    pub(crate) fn set(&self, done: usize, total: usize) {
        match self {
            Self::Bar(bar) => {
                bar.set_length(total as u64);
                bar.set_position(done as u64);
            }
            Self::Lines { what, told } => {
                let quarter = done * 4 / total.max(1);
                // Short work needs no lines.
                if total >= 20 && told.fetch_max(quarter, Ordering::Relaxed) < quarter {
                    note(&format!("{done} of {total} {what}"));
                }
            }
        }
    }

    /// Leaves the terminal as it was.
    pub(crate) fn finish(&self) {
        if let Self::Bar(bar) = self {
            bar.finish_and_clear();
        }
    }
}
