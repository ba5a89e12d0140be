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
    let rows = text.lines().skip(position + 1);
    let list = if header.contains('=')
        || header
            .trim_start()
            .to_ascii_lowercase()
            .starts_with("hotfixid ")
            && header.contains(':')
    {
        pairs(text.lines())
    } else if header.contains(',') {
        separated(header, rows)
    } else {
        columns(header, rows)
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

fn separated<'a>(header: &str, rows: impl Iterator<Item = &'a str>) -> HotfixList {
    let split = |line: &'a str| -> Vec<String> {
        line.split(',')
            .map(|c| c.trim().trim_matches('"').to_owned())
            .collect()
    };
    let names: Vec<String> = header
        .split(',')
        .map(|c| c.trim().trim_matches('"').to_ascii_lowercase())
        .collect();
    let column = |wanted: &[&str]| names.iter().position(|n| wanted.contains(&n.as_str()));
    let (kb, host) = (
        column(&["hotfixid"]),
        column(&["csname", "pscomputername", "node", "source"]),
    );
    let mut list = Collected::default();
    for row in rows.map(split) {
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
        if !value.is_empty() && !self.hosts.iter().any(|h| h.eq_ignore_ascii_case(value)) {
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
