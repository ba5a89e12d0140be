//! What became of findings from one list to the next.

use std::cmp::Ordering;

use super::set::{Finding, FindingSet};

/// What became of a finding.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Status {
    New,
    Fixed,
    Updated,
}

impl Status {
    /// The word for it (api.md, section 10.5).
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::New => "New",
            Self::Fixed => "Fixed",
            Self::Updated => "Updated",
        }
    }
}

/// A finding with what became of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Change {
    pub(crate) status: Status,
    /// Its position: of what is fixed in the list before, else in the list now.
    pub(crate) position: usize,
}

/// For each finding of a list the position in the list before of the same CVE in the
/// same software, whatever its version.
pub(crate) fn matches(before: &FindingSet, now: &FindingSet) -> Vec<Option<usize>> {
    fn key<'s>(set: &'s FindingSet, finding: &'s Finding) -> (&'s str, &'s str) {
        let software = set.software(finding).map_or("", |s| s.id.as_str());
        (software, finding.cve.as_str())
    }
    // Both are in the same order.
    let mut old = before.findings.iter().enumerate().peekable();
    let matching = now.findings.iter().map(|finding| {
        let wanted = key(now, finding);
        while let Some(&(position, candidate)) = old.peek() {
            match key(before, candidate).cmp(&wanted) {
                Ordering::Less => {
                    old.next();
                }
                Ordering::Equal => return Some(position),
                Ordering::Greater => return None,
            }
        }
        None
    });
    matching.collect()
}

/// All changes from one list to the next: what is fixed, then what is new or updated.
/// A CVE in another version of its software is another finding (api.md, section 10.5);
/// where the machine has moved to another group, all are.
pub(crate) fn changes(before: &FindingSet, now: &FindingSet, has_moved: bool) -> Vec<Change> {
    let mut stays = vec![false; before.findings.len()];
    let mut coming = Vec::new();
    for ((position, finding), old) in now.findings.iter().enumerate().zip(matches(before, now)) {
        let same = old
            .and_then(|old| Some((old, before.findings.get(old)?)))
            .filter(|(_, same)| !has_moved && now.software(finding) == before.software(same));
        let status = match same {
            None => Status::New,
            Some((old, same)) => {
                if let Some(stays) = stays.get_mut(old) {
                    *stays = true;
                }
                if Finding::shows_as((now, finding), (before, same)) {
                    continue;
                }
                Status::Updated
            }
        };
        coming.push(Change { status, position });
    }
    let fixed = stays.iter().enumerate().filter(|(_, stays)| !**stays);
    let mut all: Vec<Change> = fixed
        .map(|(position, _)| Change {
            status: Status::Fixed,
            position,
        })
        .collect();
    all.extend(coming);
    all
}

#[cfg(test)]
mod tests {
    use super::super::set::tests::set;
    use super::*;

    /// The changes as words and CVEs.
    fn told(before: &FindingSet, now: &FindingSet, has_moved: bool) -> Vec<String> {
        let told = changes(before, now, has_moved).into_iter().map(|change| {
            let of = match change.status {
                Status::Fixed => before,
                _ => now,
            };
            let finding = &of.findings[change.position];
            let version = &of.software(finding).unwrap().version;
            format!("{} {} {version}", change.status.name(), finding.cve)
        });
        told.collect()
    }

    #[test]
    fn every_status() {
        let nothing = set(&[]);
        let first = set(&[("m-_-edge", "1", &[("CVE-1", 4_000), ("CVE-2", 4_000)])]);
        let fixed = set(&[("m-_-edge", "1", &[("CVE-2", 4_000)])]);
        let other_kb = set(&[("m-_-edge", "1", &[("CVE-1", 4_000), ("CVE-2", 4_001)])]);
        let upgraded = set(&[("m-_-edge", "2", &[("CVE-2", 4_000), ("CVE-3", 4_000)])]);
        for (before, now, expected) in [
            (&nothing, &first, &["New CVE-1 1", "New CVE-2 1"][..]),
            (&first, &first, &[]),
            (&first, &fixed, &["Fixed CVE-1 1"]),
            (&fixed, &first, &["New CVE-1 1"]),
            (&first, &other_kb, &["Updated CVE-2 1"]),
            (
                &first,
                &upgraded,
                &[
                    "Fixed CVE-1 1",
                    "Fixed CVE-2 1",
                    "New CVE-2 2",
                    "New CVE-3 2",
                ],
            ),
            (&first, &nothing, &["Fixed CVE-1 1", "Fixed CVE-2 1"]),
        ] {
            assert_eq!(told(before, now, false), expected);
        }
        assert_eq!(told(&fixed, &fixed, true), ["Fixed CVE-2 1", "New CVE-2 1"]);
    }

    #[test]
    fn a_cve_is_matched_in_its_software_alone() {
        let before = set(&[
            ("m-_-edge", "1", &[("CVE-1", 4_000), ("CVE-3", 4_000)]),
            ("m-_-windows", "1", &[("CVE-2", 4_000)]),
        ]);
        let now = set(&[
            ("m-_-edge", "2", &[("CVE-2", 4_000), ("CVE-3", 4_000)]),
            ("m-_-windows", "2", &[("CVE-1", 4_000), ("CVE-2", 4_000)]),
        ]);
        assert_eq!(matches(&before, &now), [None, Some(1), None, Some(2)]);
    }
}
