//! Tells rows of what a host misses from rows of what it has.
//!
//! Scanners, Windows Update and this server's own answers name missing updates with the words
//! that lists of installed ones have, and an update that wrongly counts as installed hides all
//! that it fixes.

/// What answers of the API and of `check` alone have, as names without blanks, signs and capitals.
const OF_ANSWERS: [&str; 2] = ["cveaddressed", "machinemissedon"];

/// What names vulnerabilities: the KB beside one would fix it.
const OF_VULNERABILITIES: [&str; 4] = ["cve", "cves", "cveid", "cveids"];

/// What a state says of an update that is not installed, as it is written in exports of WSUS,
/// Configuration Manager, Windows Update and scanners; letters and figures alone.
const NOT_INSTALLED: [&str; 22] = [
    "false",
    "no",
    "0",
    "missing",
    "notinstalled",
    "needed",
    "required",
    "applicable",
    "available",
    "pending",
    "pendinginstall",
    "notapplicable",
    "failed",
    "aborted",
    "downloaded",
    "downloading",
    "declined",
    "absent",
    "removed",
    "uninstalled",
    // Not installed for WSUS, required for Configuration Manager.
    "2",
    // Failed, for both.
    "5",
];

/// Whether rows with these names are an answer about what is missing.
pub(super) fn is_answer(names: &[String]) -> bool {
    names.iter().any(|name| OF_ANSWERS.contains(&name.as_str()))
}

/// Whether rows with these names tell of vulnerabilities.
pub(super) fn names_vulnerabilities(names: &[String]) -> bool {
    let mut names = names.iter();
    names.any(|name| OF_VULNERABILITIES.contains(&name.as_str()))
}

/// Whether a state says that the update is not installed. One that says nothing of it does not.
pub(super) fn is_not_installed(state: &str) -> bool {
    if is_of_flags(state) {
        return !state.contains('I');
    }
    let word: String = state
        .chars()
        .filter(|c| c.is_alphanumeric())
        .take(40)
        .flat_map(char::to_lowercase)
        .collect();
    NOT_INSTALLED.contains(&word.as_str())
}

/// Whether a result says that the update was not installed: a word, or the number that the agent
/// of Windows Update has for it, of which 2 and 3 are successes.
pub(super) fn has_failed(result: &str) -> bool {
    match result.parse::<u8>() {
        Ok(number) => !matches!(number, 2 | 3),
        Err(_) => is_not_installed(result),
    }
}

/// `-D-----` and `--I----`, as PSWindowsUpdate has it: a letter for each thing that is so.
fn is_of_flags(state: &str) -> bool {
    let is_flag = |b: u8| b == b'-' || b.is_ascii_uppercase();
    (6..=8).contains(&state.len()) && state.bytes().all(is_flag) && state.contains("--")
}
