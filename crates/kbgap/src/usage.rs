//! Wrong usage, in one line like every other error, and the help that was asked for.

use std::process::ExitCode;

use clap::error::ErrorKind;

use crate::output::note;

const WRONG: u8 = 2;

/// Tells what is wrong with the arguments, or gives the help.
pub(crate) fn answer(refusal: &clap::Error) -> ExitCode {
    let is_help = refusal.kind() == ErrorKind::DisplayHelpOnMissingArgumentOrSubcommand;
    if !is_help && refusal.use_stderr() {
        note(&line(&refusal.to_string()));
        return ExitCode::from(WRONG);
    }
    // Where nothing can be written there is nobody to tell.
    let _ = refusal.print();
    if is_help {
        ExitCode::from(WRONG)
    } else {
        ExitCode::SUCCESS
    }
}

/// The paragraphs of clap's message as one line; the last only points to the help,
/// which the usage does as well.
fn line(message: &str) -> String {
    let mut parts: Vec<String> = message
        .split("\n\n")
        .map(|paragraph| paragraph.split_whitespace().collect::<Vec<_>>().join(" "))
        .filter(|part| !part.is_empty() && !part.starts_with("For more information"))
        .map(|part| match part.strip_prefix("Usage: ") {
            Some(usage) => format!("usage: {usage}"),
            None => part,
        })
        .collect();
    if parts.len() == 1 {
        parts.push("see `--help`".to_owned());
    }
    parts.join("; ")
}
