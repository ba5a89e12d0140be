//! Writing answers: data on stdout, everything else on stderr.

use std::io::{self, Write};

use comfy_table::{ContentArrangement, Table, presets};
use serde::Serialize;

/// Writes text to stdout. A reader that has gone away (`| head`) is no failure.
pub(crate) fn print(text: &str) -> anyhow::Result<()> {
    match io::stdout().lock().write_all(text.as_bytes()) {
        Err(e) if e.kind() == io::ErrorKind::BrokenPipe => Ok(()),
        other => Ok(other?),
    }
}

/// Writes a value as one line of JSON.
pub(crate) fn print_json(value: &impl Serialize) -> anyhow::Result<()> {
    let mut line = serde_json::to_string(value)?;
    line.push('\n');
    print(&line)
}

/// Writes a line to stderr. It may hold names of files and words of documents, none
/// of which may begin a line of its own.
pub(crate) fn note(text: &str) {
    // Where not even stderr can be written there is nobody to tell.
    let _ = writeln!(io::stderr().lock(), "{}", clean(text));
}

/// Text from outside could hold escape sequences of the terminal, or marks that
/// turn the direction of what follows; in an answer for people it must not.
pub(crate) fn clean(text: &str) -> String {
    let turns = |c| matches!(c, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}');
    text.replace(['\n', '\t'], " ")
        .replace(|c: char| c.is_control() || turns(c), "\u{fffd}")
}

/// A number with its noun: `1 document`, `190 documents`.
pub(crate) fn counted(number: usize, noun: &str) -> String {
    match number {
        1 => format!("1 {noun}"),
        many => format!("{many} {noun}s"),
    }
}

/// The day of an instant in seconds since 1970, UTC.
pub(crate) fn day(seconds: i64) -> Option<String> {
    let instant = jiff::Timestamp::from_second(seconds).ok()?;
    Some(instant.strftime("%Y-%m-%d").to_string())
}

/// A terminal that says it is narrower, or that it has no width at all as some
/// runners of pipelines do, has to wrap lines itself: columns of one letter help nobody.
const LEAST_WIDTH: u16 = 80;

/// A table without ruling, as wide as the terminal or its content.
pub(crate) fn table<const N: usize>(
    header: [&str; N],
    rows: impl IntoIterator<Item = [String; N]>,
) -> String {
    let mut table = Table::new();
    table
        .load_style(presets::NOTHING)
        .set_content_arrangement(ContentArrangement::Dynamic);
    if table.width().is_some_and(|width| width < LEAST_WIDTH) {
        table.set_width(LEAST_WIDTH);
    }
    table.set_header(header);
    for row in rows {
        table.add_row(row.map(|cell| clean(&cell)));
    }
    let mut text: String = table
        .lines()
        .map(|line| format!("{}\n", line.trim_end()))
        .collect();
    if !text.ends_with('\n') {
        text.push('\n');
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_from_outside_reaches_the_terminal_as_a_command() {
        let hostile = "pc\u{1b}[31m\u{9b}1m\u{202e}\nerror: forged";
        assert_eq!(
            clean(hostile),
            "pc\u{fffd}[31m\u{fffd}1m\u{fffd} error: forged"
        );
        assert!(!table(["Title"], [[hostile.to_owned()]]).contains(['\u{1b}', '\u{9b}']));
    }
}
