//! Lists of hotfixes as a console shows them: `wmic qfe` as table or list, and
//! `Get-HotFix`. They name updates, maybe the host, and never the Windows version.
//!
//! Columns are pushed aside by wide characters, and lose their place where somebody pastes
//! them. The number of an update cannot be mistaken wherever it stands in its row, so the
//! place of its column counts only where no word is one.

use std::collections::HashMap;

use kbgap_catalog::KbId;

use crate::text::MAX_NAME;
use crate::unread::{Unread, kb_words};
use crate::{Format, Part};

/// A year or a count is no update: without `KB` it takes so many digits.
const LEAST: usize = 6;
/// The most properties of an update that are told apart.
const MAX_PROPERTIES: usize = 100;

/// The lists of a text.
#[derive(Default)]
pub(crate) struct Lists {
    /// One for each host that it names.
    pub(crate) parts: Vec<Part>,
    /// Rows that seem to name an update and were not read.
    pub(crate) unread: Unread,
    /// Whether there are headings of a list, whatever stands below them.
    pub(crate) has_header: bool,
}

/// Reads the lists of a text; none where it is no list of hotfixes of a console.
pub(crate) fn read(text: &str) -> Lists {
    let mut list = read_list(text).unwrap_or_default();
    Lists {
        unread: std::mem::take(&mut list.unread),
        has_header: list.has_header,
        parts: list.finish(),
    }
}

fn read_list(text: &str) -> Option<Collected> {
    let (position, header) = text.lines().enumerate().find(|(_, line)| is_header(line))?;
    let rows = || text.lines().zip(1..).skip(position + 1);
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
    for (line, number) in lines.zip(1..) {
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
            "hotfixid" => list.update(number, value, Some(value)),
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
fn columns<'a>(header: &str, rows: impl Iterator<Item = (&'a str, usize)>) -> Collected {
    let starts = heading_starts(header);
    let span = |wanted: &[&str]| {
        let at = starts
            .iter()
            .position(|(name, _)| wanted.contains(&name.as_str()))?;
        Some((starts[at].1, starts.get(at + 1).map(|next| next.1)))
    };
    let (kb, host) = (
        span(&["hotfixid"]),
        span(&["csname", "source", "pscomputername", "node"]),
    );
    let mut list = Collected {
        has_header: kb.is_some(),
        ..Collected::default()
    };
    for (row, number) in rows {
        if row.trim().is_empty() || row.trim_start().starts_with("----") {
            continue;
        }
        let own = kb.and_then(|span| whole_cell(row, span));
        let own = own.filter(|own| own.len() >= LEAST);
        list.update(number, row, own.as_deref());
        if let Some(name) = host.and_then(|span| whole_cell(row, span)) {
            list.host(&name);
        }
        list.end_of_row();
    }
    list
}

/// The one word of a column, where neither end of the column cuts it: a part of a number is
/// another number, and a part of a name another name.
fn whole_cell(row: &str, (from, to): (usize, Option<usize>)) -> Option<String> {
    let is_blank = |at: usize| row.chars().nth(at).is_none_or(char::is_whitespace);
    let is_cut = |at: usize| at > 0 && !is_blank(at - 1) && !is_blank(at);
    if is_cut(from) || to.is_some_and(is_cut) {
        return None;
    }
    let take = to.map_or(usize::MAX, |to| to - from);
    let cell: String = row.chars().skip(from).take(take).collect();
    let word = cell.trim();
    (!word.contains(char::is_whitespace)).then(|| word.to_owned())
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
    unread: Unread,
    has_header: bool,
}

impl Collected {
    /// Takes the update of a row: what stands in its own column, else what its words tell.
    fn update(&mut self, line: usize, row: &str, own: Option<&str>) {
        if !own.is_some_and(|own| self.kb(own)) && !self.kbs(row) {
            self.unread.look(line, row);
        }
    }

    /// Whether a value is one.
    fn kb(&mut self, value: &str) -> bool {
        let kb = value.trim().parse::<KbId>().ok();
        self.row.1.extend(kb);
        kb.is_some()
    }

    /// Whether a text has words that are some.
    fn kbs(&mut self, text: &str) -> bool {
        let before = self.row.1.len();
        self.row.1.extend(kb_words(text));
        self.row.1.len() > before
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
