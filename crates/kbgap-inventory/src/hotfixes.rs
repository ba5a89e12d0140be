//! Lists of hotfixes as a console shows them: `wmic qfe` as table or list, and
//! `Get-HotFix`. They name updates, maybe the host, and never the Windows version.

use std::collections::HashMap;

use kbgap_catalog::KbId;

use crate::text::MAX_NAME;
use crate::{Format, Part};

/// The most properties of an update that are told apart.
const MAX_PROPERTIES: usize = 100;

/// Reads the lists of a text, one for each host that it names; none where it is no
/// list of hotfixes of a console.
pub(crate) fn read(text: &str) -> Vec<Part> {
    read_list(text).map(Collected::finish).unwrap_or_default()
}

fn read_list(text: &str) -> Option<Collected> {
    let (position, header) = text.lines().enumerate().find(|(_, line)| is_header(line))?;
    let rows = || text.lines().skip(position + 1);
    let is_pair = header.contains('=')
        || header
            .trim_start()
            .to_ascii_lowercase()
            .starts_with("hotfixid ")
            && header.contains(':');
    if is_pair {
        Some(pairs(text.lines()))
    } else if header.contains([',', ';', '\t', '|']) {
        None
    } else {
        Some(columns(header, rows()))
    }
}

fn is_header(line: &str) -> bool {
    line.to_ascii_lowercase().contains("hotfixid")
}

/// `HotFixID=KB…` or `HotFixID : KB…`, a property a line.
fn pairs<'a>(lines: impl Iterator<Item = &'a str>) -> Collected {
    let mut list = Collected::default();
    let mut seen: Vec<String> = Vec::new();
    for line in lines {
        let Some((name, value)) = line.split_once(['=', ':']) else {
            continue;
        };
        let name = name.trim().to_ascii_lowercase();
        // A property that comes again is of the next update.
        if seen.contains(&name) {
            seen.clear();
            list.end_of_row();
        }
        match name.as_str() {
            "hotfixid" => {
                list.kb(value);
            }
            "csname" | "pscomputername" | "node" => list.host(value),
            _ => {}
        }
        if seen.len() < MAX_PROPERTIES {
            seen.push(name);
        }
    }
    list.end_of_row();
    list
}

/// A table of fixed columns: a value begins where its heading does.
fn columns<'a>(header: &str, rows: impl Iterator<Item = &'a str>) -> Collected {
    let starts = heading_starts(header);
    let span = |wanted: &[&str]| {
        let at = starts
            .iter()
            .position(|(name, _)| wanted.contains(&name.as_str()))?;
        Some((starts[at].1, starts.get(at + 1).map(|next| next.1)))
    };
    let cell = |row: &str, (from, to): (usize, Option<usize>)| -> String {
        let take = to.map_or(usize::MAX, |to| to - from);
        row.chars()
            .skip(from)
            .take(take)
            .collect::<String>()
            .trim()
            .to_owned()
    };
    let (kb, host) = (
        span(&["hotfixid"]),
        span(&["csname", "source", "pscomputername", "node"]),
    );
    let mut list = Collected::default();
    for row in rows.filter(|row| !row.trim().is_empty() && !row.trim_start().starts_with("----")) {
        if !list.kb(&kb.map(|span| cell(row, span)).unwrap_or_default()) {
            // Wide characters push columns aside; the number itself cannot be mistaken.
            for word in row.split_whitespace().filter(|w| w.starts_with("KB")) {
                list.kb(word);
            }
        }
        if let Some(span) = host {
            list.host(&cell(row, span));
        }
        list.end_of_row();
    }
    list
}

fn heading_starts(header: &str) -> Vec<(String, usize)> {
    let mut starts: Vec<(String, usize)> = Vec::new();
    let mut in_word = false;
    for (position, character) in header.chars().enumerate() {
        if character.is_whitespace() {
            in_word = false;
        } else if in_word {
            if let Some((name, _)) = starts.last_mut() {
                name.push(character.to_ascii_lowercase());
            }
        } else {
            starts.push((character.to_ascii_lowercase().to_string(), position));
            in_word = true;
        }
    }
    starts
}

#[derive(Default)]
struct Collected {
    /// What the row says of which nothing is known to be the last.
    row: (Option<String>, Vec<KbId>),
    hosts: Vec<(Option<String>, Vec<KbId>)>,
    by_name: HashMap<Option<String>, usize>,
}

impl Collected {
    /// Whether it was one.
    fn kb(&mut self, value: &str) -> bool {
        let kb = value.trim().parse::<KbId>().ok();
        self.row.1.extend(kb);
        kb.is_some()
    }

    fn host(&mut self, value: &str) {
        let value = value.trim_matches(|c: char| c.is_whitespace() || c.is_control());
        // PowerShell cuts what is wider than its column, and a cut name is none.
        let is_cut = value.ends_with("...") || value.ends_with('…');
        let is_name = !value.is_empty() && !is_cut && !value.contains(char::is_control);
        if is_name && value.chars().count() <= MAX_NAME {
            self.row.0.get_or_insert(value.to_owned());
        }
    }

    fn end_of_row(&mut self) {
        let (name, kbs) = std::mem::take(&mut self.row);
        if kbs.is_empty() {
            return;
        }
        let key = name.as_deref().map(str::to_lowercase);
        match self.by_name.get(&key).and_then(|&i| self.hosts.get_mut(i)) {
            Some(host) => host.1.extend(kbs),
            None => {
                self.by_name.insert(key, self.hosts.len());
                self.hosts.push((name, kbs));
            }
        }
    }

    fn finish(mut self) -> Vec<Part> {
        // Where a name was cut in some rows only, they belong to the one host there is.
        if let [_, _] = self.hosts.as_slice()
            && let Some(unnamed) = self.hosts.iter().position(|(name, _)| name.is_none())
        {
            let (_, kbs) = self.hosts.swap_remove(unnamed);
            if let Some(only) = self.hosts.first_mut() {
                only.1.extend(kbs);
            }
        }
        self.hosts
            .into_iter()
            .map(|(name, mut kbs)| {
                kbs.sort_unstable();
                kbs.dedup();
                let mut part = Part::of(Format::Hotfixes);
                part.name = name;
                kbs.into_iter().for_each(|kb| part.add_kb(kb));
                part
            })
            .collect()
    }
}
