//! Lists of hotfixes: `wmic qfe` as table, list or CSV, and `Get-HotFix`. They
//! name updates, maybe the host, and never the Windows version.

use kbgap_catalog::KbId;

/// Updates of a host that the list may name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HotfixList {
    /// The host, where a column names one and the same for all rows.
    pub computer_dns_name: Option<String>,
    /// The updates.
    pub kbs: Vec<KbId>,
}

/// Reads the text; `None` where it is no list of hotfixes.
pub(crate) fn read(text: &str) -> Option<HotfixList> {
    let (position, header) = text.lines().enumerate().find(|(_, line)| is_header(line))?;
    let rows = || text.lines().skip(position + 1);
    let is_pair = header.contains('=')
        || header
            .trim_start()
            .to_ascii_lowercase()
            .starts_with("hotfixid ")
            && header.contains(':');
    let list = if is_pair {
        pairs(text.lines())
    } else if let Some(separator) = separator(header) {
        separated(header, rows(), separator)
    } else {
        columns(header, rows())
    };
    (!list.kbs.is_empty()).then_some(list)
}

fn is_header(line: &str) -> bool {
    line.to_ascii_lowercase().contains("hotfixid")
}

/// `HotFixID=KB…` or `HotFixID : KB…`, a property a line.
fn pairs<'a>(lines: impl Iterator<Item = &'a str>) -> HotfixList {
    let mut list = Collected::default();
    for line in lines {
        let Some((name, value)) = line.split_once(['=', ':']) else {
            continue;
        };
        match name.trim().to_ascii_lowercase().as_str() {
            "hotfixid" => list.kb(value),
            "csname" | "pscomputername" | "node" => list.host(value),
            _ => {}
        }
    }
    list.finish()
}

/// What separates the columns, if anything but blanks does: the lists of a country
/// where the comma is for decimals are separated by `;`.
fn separator(header: &str) -> Option<u8> {
    [b',', b';', b'\t']
        .into_iter()
        .find(|&separator| header.as_bytes().contains(&separator))
}

fn separated<'a>(header: &str, rows: impl Iterator<Item = &'a str>, separator: u8) -> HotfixList {
    let mut text = header.to_owned();
    for row in rows {
        text.push('\n');
        text.push_str(row);
    }
    let mut rows = csv::ReaderBuilder::new()
        .has_headers(false)
        .flexible(true)
        .delimiter(separator)
        .from_reader(text.as_bytes())
        .into_records()
        .map_while(Result::ok);
    let names: Vec<String> = rows
        .next()
        .map(|names| {
            names
                .iter()
                .map(|n| n.trim().to_ascii_lowercase())
                .collect()
        })
        .unwrap_or_default();
    let column = |wanted: &[&str]| names.iter().position(|n| wanted.contains(&n.as_str()));
    let (kb, host) = (
        column(&["hotfixid"]),
        column(&["csname", "pscomputername", "node", "source"]),
    );
    let mut list = Collected::default();
    for row in rows {
        let Some(value) = kb.and_then(|c| row.get(c)).filter(|v| !v.is_empty()) else {
            continue;
        };
        list.kb(value);
        if let Some(value) = host.and_then(|c| row.get(c)) {
            list.host(value);
        }
    }
    list.finish()
}

/// A table of fixed columns: a value begins where its heading does.
fn columns<'a>(header: &str, rows: impl Iterator<Item = &'a str>) -> HotfixList {
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
        let before = list.kbs.len();
        list.kb(&kb.map(|span| cell(row, span)).unwrap_or_default());
        if list.kbs.len() == before {
            // Wide characters push columns aside; the number itself cannot be mistaken.
            row.split_whitespace()
                .filter(|w| w.starts_with("KB"))
                .for_each(|word| list.kb(word));
        }
        if list.kbs.len() > before
            && let Some(span) = host
        {
            list.host(&cell(row, span));
        }
    }
    list.finish()
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
    kbs: Vec<KbId>,
    hosts: Vec<String>,
}

impl Collected {
    fn kb(&mut self, value: &str) {
        self.kbs.extend(value.trim().parse::<KbId>().ok());
    }

    fn host(&mut self, value: &str) {
        let value = value.trim();
        // PowerShell cuts what is wider than its column, and a cut name is none.
        let is_cut = value.ends_with("...") || value.ends_with('…');
        if !value.is_empty() && !is_cut && !self.hosts.iter().any(|h| h.eq_ignore_ascii_case(value))
        {
            self.hosts.push(value.to_owned());
        }
    }

    fn finish(mut self) -> HotfixList {
        self.kbs.sort_unstable();
        self.kbs.dedup();
        // Rows of several hosts name no single one.
        let computer_dns_name = if self.hosts.len() == 1 {
            self.hosts.pop()
        } else {
            None
        };
        HotfixList {
            computer_dns_name,
            kbs: self.kbs,
        }
    }
}
