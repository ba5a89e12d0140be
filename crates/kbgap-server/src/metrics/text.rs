//! Writing the text format of Prometheus, version 0.0.4.
//!
//! The few lines of it need no crate: those that there are bring registries, macros and
//! listeners of their own.

use std::fmt::Write;
use std::time::Duration;

/// What a number means over time.
#[derive(Clone, Copy)]
pub(super) enum Kind {
    /// It only grows, from 0 at the start of the server.
    Counter,
    /// It goes up and down.
    Gauge,
    /// Durations: how many and their sum.
    Summary,
}

/// The text as far as it is written.
#[derive(Default)]
pub(super) struct Text(String);

impl Text {
    /// Begins a family of numbers; its samples follow.
    pub(super) fn family(&mut self, name: &'static str, kind: Kind, help: &str) -> Family<'_> {
        let kind = match kind {
            Kind::Counter => "counter",
            Kind::Gauge => "gauge",
            Kind::Summary => "summary",
        };
        self.line(format_args!("# HELP {name} {help}"));
        self.line(format_args!("# TYPE {name} {kind}"));
        Family { text: self, name }
    }

    /// A family of one number without labels.
    pub(super) fn one(
        &mut self,
        name: &'static str,
        kind: Kind,
        help: &str,
        value: impl std::fmt::Display,
    ) {
        self.family(name, kind, help).sample(&[], value);
    }

    pub(super) fn finish(self) -> String {
        self.0
    }

    fn line(&mut self, line: std::fmt::Arguments<'_>) {
        // Writing into a String never fails.
        let _ = self.0.write_fmt(line);
        self.0.push('\n');
    }
}

/// A family whose samples are being written.
pub(super) struct Family<'t> {
    text: &'t mut Text,
    name: &'static str,
}

impl Family<'_> {
    /// A number with its labels.
    pub(super) fn sample(&mut self, labels: &[(&str, &str)], value: impl std::fmt::Display) {
        let (name, labels) = (self.name, written(labels));
        self.text.line(format_args!("{name}{labels} {value}"));
    }

    /// How many durations there were, and their sum in seconds.
    pub(super) fn durations(&mut self, labels: &[(&str, &str)], (count, sum): (u64, Duration)) {
        let (name, labels) = (self.name, written(labels));
        let seconds = sum.as_secs_f64();
        self.text
            .line(format_args!("{name}_sum{labels} {seconds:.6}"));
        self.text.line(format_args!("{name}_count{labels} {count}"));
    }
}

fn written(labels: &[(&str, &str)]) -> String {
    if labels.is_empty() {
        return String::new();
    }
    let pairs: Vec<String> = labels
        .iter()
        .map(|(name, value)| format!("{name}=\"{}\"", escaped(value)))
        .collect();
    format!("{{{}}}", pairs.join(","))
}

fn escaped(value: &str) -> String {
    value
        .replace('\\', "\\\\")
        .replace('"', "\\\"")
        .replace('\n', "\\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn families_with_and_without_labels() {
        let mut text = Text::default();
        text.one("a_total", Kind::Counter, "All.", 3);
        let mut family = text.family("b", Kind::Gauge, "Some.");
        family.sample(&[("x", "a \"b\"\\\n"), ("y", "\u{ac00}")], 1.5);
        let mut family = text.family("c_seconds", Kind::Summary, "Long.");
        family.durations(&[("z", "1")], (2, Duration::from_millis(1_500)));
        assert_eq!(
            text.finish(),
            "# HELP a_total All.\n# TYPE a_total counter\na_total 3\n\
             # HELP b Some.\n# TYPE b gauge\nb{x=\"a \\\"b\\\"\\\\\\n\",y=\"\u{ac00}\"} 1.5\n\
             # HELP c_seconds Long.\n# TYPE c_seconds summary\nc_seconds_sum{z=\"1\"} 1.500000\nc_seconds_count{z=\"1\"} 2\n"
        );
    }
}
