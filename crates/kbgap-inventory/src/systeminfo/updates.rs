//! The list of updates of a report, and whether it is all there.
//!
//! A report that is cut off must not pass for one with fewer updates. `systeminfo` always has
//! a line that counts the updates, numbers them from 1, and goes on with the network cards; it
//! shows some 200 of them where there are more, and goes on as well.

use kbgap_catalog::KbId;

use super::Field;
use crate::text::shown;

/// Where the list stands, counted from the line of the version, in every language and version
/// of Windows at hand (Windows 7 to 11, Server 2008 R2 to 2022).
const PLACE: usize = 28;

/// As many updates are shown however many there are; a shorter list is whole.
const LEAST_SHOWN: usize = 100;

const NONE_LISTED: &str = "lists no update, so all of its Windows count as missing: where some are installed, the report is not whole";

/// The updates that a report lists.
#[derive(Debug, Default)]
pub(super) struct Updates {
    pub(super) kbs: Vec<KbId>,
    /// What people should know of the list.
    pub(super) warnings: Vec<String>,
}

/// The updates of a host; `None` where the report has no list of them.
///
/// # Errors
/// What is wrong with a list that is cut off, or is made of two.
pub(super) fn read(fields: &[Field]) -> Result<Option<Updates>, String> {
    let mut lists = fields
        .iter()
        .enumerate()
        .filter(|(_, field)| names_kb(field));
    let Some((at, list)) = lists.next() else {
        return none_listed(fields);
    };
    if lists.next().is_some() {
        return Err("has two lists of updates, so it is made of two reports".to_owned());
    }
    let entries: Vec<(usize, &str)> = list.entries.iter().filter_map(|line| entry(line)).collect();
    for ((number, _), expected) in entries.iter().zip(1..) {
        if *number != expected {
            let what =
                format!("its list of updates has [{number:02}] where [{expected:02}] belongs");
            return Err(format!("{what}, so a part is missing or of another report"));
        }
    }
    if let Some((number, text)) = entries.iter().find(|(_, text)| is_no_number(text)) {
        return Err(format!(
            "has no KB number in `[{number:02}]: {}`",
            shown(text)
        ));
    }
    let is_last = at + 1 == fields.len();
    let mut updates = Updates {
        kbs: entries
            .iter()
            .filter_map(|(_, text)| text.parse().ok())
            .collect(),
        warnings: Vec::new(),
    };
    let unnamed = entries.len() - updates.kbs.len();
    let ends_in_entry = entries
        .last()
        .is_some_and(|(_, text)| text.parse::<KbId>().is_err());
    let listed = entries.len();
    match count(&list.value) {
        Some(count) if count < listed => {
            return Err(format!(
                "counts {count} updates and lists {listed}, so it is made of two reports"
            ));
        }
        Some(count) if is_last && (count > listed || ends_in_entry) => {
            return Err(format!(
                "is cut off: it counts {count} updates and ends after {} of them",
                updates.kbs.len()
            ));
        }
        Some(count) if count > listed && listed < LEAST_SHOWN => {
            return Err(format!(
                "counts {count} updates and lists {listed}, so a part is missing"
            ));
        }
        Some(count) if count > listed => updates.warnings.push(format!(
            "the report counts {count} updates but lists {listed}: its list is cut"
        )),
        _ => {}
    }
    if unnamed > 0 {
        updates.warnings.push(format!(
            "{unnamed} entries of the list of updates have no KB number"
        ));
    }
    Ok(Some(updates))
}

/// A host without updates has the line all the same, and something after it.
fn none_listed(fields: &[Field]) -> Result<Option<Updates>, String> {
    let labelled = fields.iter().position(|field| field.is_updates);
    let at = labelled.unwrap_or(PLACE);
    match fields.get(at) {
        None => Ok(None),
        Some(field)
            if at + 1 == fields.len()
                && !matches!(count(&field.value), Some(0))
                && field.value != "N/A" =>
        {
            Err("is cut off at its list of updates".to_owned())
        }
        Some(field)
            if labelled.is_some()
                && count(&field.value).is_some_and(|count| count > field.entries.len()) =>
        {
            Err("counts updates and lists none".to_owned())
        }
        Some(_) => Ok(Some(Updates {
            kbs: Vec::new(),
            warnings: vec![NONE_LISTED.to_owned()],
        })),
    }
}

/// Whether it begins as the number of a KB does and is none; entries such as `File 1` are none
/// by right.
fn is_no_number(text: &str) -> bool {
    begins_as_kb(text) && text.parse::<KbId>().is_err()
}

fn begins_as_kb(text: &str) -> bool {
    let digits = text.strip_prefix("KB");
    digits.is_some_and(|digits| digits.starts_with(|c: char| c.is_ascii_digit()))
}

fn names_kb(field: &Field) -> bool {
    let mut entries = field.entries.iter().filter_map(|line| entry(line));
    entries.any(|(_, text)| begins_as_kb(text))
}

/// The number in `7 Hotfix(s) Installed.`, wherever a language puts it.
fn count(value: &str) -> Option<usize> {
    value
        .split(|c: char| !c.is_ascii_digit())
        .find_map(|number| number.parse().ok())
}

/// The number of `[01]: KB…`, and what stands after it.
fn entry(line: &str) -> Option<(usize, &str)> {
    let (number, rest) = line.strip_prefix('[')?.split_once(']')?;
    let rest = rest.trim_start().strip_prefix([':', '：'])?;
    let is_number = number.bytes().all(|b| b.is_ascii_digit());
    let is_number = is_number && !number.is_empty();
    is_number.then(|| (number.parse().unwrap_or(usize::MAX), rest.trim()))
}
