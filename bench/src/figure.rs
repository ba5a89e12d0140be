//! What was measured, and what was hoped for.

use std::fs;
use std::path::Path;

use anyhow::Context;
use comfy_table::{CellAlignment, Table, presets};
use serde::{Serialize, Serializer};

/// What a figure should be.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Goal {
    AtLeast(f64),
    Under(f64),
}

impl Goal {
    fn is_met(self, value: f64) -> bool {
        match self {
            Self::AtLeast(bound) => value >= bound,
            Self::Under(bound) => value < bound,
        }
    }

    fn text(self) -> String {
        match self {
            Self::AtLeast(bound) => format!("≥ {bound}"),
            Self::Under(bound) => format!("< {bound}"),
        }
    }
}

impl Serialize for Goal {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.text())
    }
}

#[derive(Debug, Serialize)]
struct Figure {
    name: String,
    value: f64,
    unit: &'static str,
    goal: Option<Goal>,
    met: Option<bool>,
}

/// The figures of a run, in the order in which they were measured.
#[derive(Debug, Default)]
pub(crate) struct Report {
    figures: Vec<Figure>,
}

impl Report {
    /// Adds a figure that has a goal.
    pub(crate) fn add(&mut self, name: &str, value: f64, unit: &'static str, goal: Goal) {
        self.push(name, value, unit, Some(goal));
    }

    /// Adds a figure that is there to be compared.
    pub(crate) fn note(&mut self, name: &str, value: f64, unit: &'static str) {
        self.push(name, value, unit, None);
    }

    fn push(&mut self, name: &str, value: f64, unit: &'static str, goal: Option<Goal>) {
        self.figures.push(Figure {
            name: name.to_owned(),
            value,
            unit,
            goal,
            met: goal.map(|goal| goal.is_met(value)),
        });
    }

    /// Prints the table and writes the file.
    ///
    /// # Errors
    /// When the file cannot be written.
    pub(crate) fn finish(self, json: Option<&Path>) -> anyhow::Result<()> {
        let mut table = Table::new();
        table.load_style(presets::NOTHING);
        table.set_header(["what", "measured", "unit", "goal", ""]);
        for figure in &self.figures {
            table.add_row([
                figure.name.clone(),
                three_digits(figure.value),
                figure.unit.to_owned(),
                figure.goal.map(Goal::text).unwrap_or_default(),
                match figure.met {
                    Some(true) => "met".to_owned(),
                    Some(false) => "MISSED".to_owned(),
                    None => String::new(),
                },
            ]);
        }
        if let Some(column) = table.column_mut(1) {
            column.set_cell_alignment(CellAlignment::Right);
        }
        say(&table.to_string());
        if let Some(file) = json {
            let text = serde_json::to_string_pretty(&self.figures)?;
            fs::write(file, text).with_context(|| format!("{} not written", file.display()))?;
        }
        Ok(())
    }
}

/// Three digits that count, without a power of ten.
fn three_digits(value: f64) -> String {
    let decimals = match value.abs() {
        v if v >= 100.0 => 0,
        v if v >= 10.0 => 1,
        v if v >= 1.0 => 2,
        _ => 3,
    };
    format!("{value:.decimals$}")
}

/// The middle one of several measurements; of an even number, the upper.
pub(crate) fn median(values: Vec<f64>) -> f64 {
    percentile(values, 50)
}

/// What so many of a hundred measurements do not exceed.
pub(crate) fn percentile(mut values: Vec<f64>, percent: usize) -> f64 {
    values.sort_by(f64::total_cmp);
    let at = values.len() * percent / 100;
    values.get(at).copied().unwrap_or(f64::NAN)
}

/// A count or a size as a measurement.
#[expect(clippy::cast_precision_loss, reason = "counts and sizes fit")]
pub(crate) fn float(count: impl TryInto<u64>) -> f64 {
    count.try_into().unwrap_or(u64::MAX) as f64
}

/// Writes a line for whoever waits.
#[expect(clippy::print_stdout, reason = "the one place that prints")]
pub(crate) fn say(line: &str) {
    println!("{line}");
}
