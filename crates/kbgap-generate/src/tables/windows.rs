//! Releases of Windows and their updates.

use super::{dated, rows};
use crate::calendar::{Day, month, patch_day};

const RELEASES: &str = include_str!("../../data/releases.tsv");
const UPDATES: &str = include_str!("../../data/updates.tsv");

/// An update that machines list.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Update {
    /// When it was released.
    pub(crate) day: Day,
    pub(crate) kb: u32,
    /// The revision that it brings; 0 where it brings none.
    pub(crate) revision: u32,
}

/// The updates that some builds share, each list oldest first.
#[derive(Debug, Default)]
pub(crate) struct Train {
    pub(crate) cumulative: Vec<Update>,
    pub(crate) framework: Vec<Update>,
    pub(crate) old: Vec<u32>,
}

/// What a release is installed as.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    Client,
    Server,
    CoreOnly,
}

/// A release of Windows.
#[derive(Debug)]
pub(crate) struct Release {
    /// Of 10,000 machines.
    pub(crate) share: u32,
    pub(crate) platform: &'static str,
    /// `10.0.26100`.
    pub(crate) version: &'static str,
    /// The revision without updates; `None` where machines tell no revision.
    pub(crate) rtm: Option<u32>,
    pub(crate) kind: Kind,
    /// The place of its train.
    pub(crate) train: usize,
    /// The days of the first and of the last updates that it takes.
    pub(crate) first: Day,
    pub(crate) last: Day,
    pub(crate) edition: &'static str,
}

/// All releases, and their updates.
#[derive(Debug)]
pub(crate) struct Windows {
    pub(crate) releases: Vec<Release>,
    trains: Vec<(&'static str, Train)>,
    /// Updates of Office 2016.
    pub(crate) office: Vec<Update>,
}

impl Windows {
    pub(crate) fn read() -> Self {
        let mut windows = Self {
            releases: Vec::new(),
            trains: Vec::new(),
            office: Vec::new(),
        };
        for row in rows(UPDATES) {
            windows.add_updates(&row);
        }
        windows.releases = rows(RELEASES)
            .filter_map(|row| windows.release(&row))
            .collect();
        windows
    }

    /// The updates that a release takes.
    pub(crate) fn train(&self, release: &Release) -> Option<&Train> {
        self.trains.get(release.train).map(|(_, train)| train)
    }

    fn add_updates(&mut self, row: &[&'static str]) {
        let &[what, name, list] = row else { return };
        let updates = list.split(' ').filter_map(update);
        if what == "office" {
            self.office.extend(updates);
            return;
        }
        let known = self.trains.iter().position(|(train, _)| *train == name);
        let at = known.unwrap_or_else(|| {
            self.trains.push((name, Train::default()));
            self.trains.len() - 1
        });
        let Some((_, train)) = self.trains.get_mut(at) else {
            return;
        };
        match what {
            "lcu" => train.cumulative.extend(updates),
            "net" => train.framework.extend(updates),
            _ => train.old.extend(list.split(' ').filter_map(number)),
        }
    }

    fn release(&self, row: &[&'static str]) -> Option<Release> {
        let &[
            share,
            platform,
            version,
            rtm,
            kind,
            train,
            first,
            last,
            edition,
        ] = row
        else {
            return None;
        };
        let day = |text| month(text).and_then(|(year, month)| patch_day(year, month));
        Some(Release {
            share: share.parse().ok()?,
            platform,
            version,
            rtm: number(rtm),
            kind: match kind {
                "client" => Kind::Client,
                "server" => Kind::Server,
                "core" => Kind::CoreOnly,
                _ => return None,
            },
            train: self.trains.iter().position(|(name, _)| *name == train)?,
            first: day(first)?,
            last: day(last)?,
            edition,
        })
    }
}

/// Reads `2024-09=5043080.1742` and `2024-09=5043080`.
fn update(text: &'static str) -> Option<Update> {
    let (day, what) = dated(text)?;
    let (kb, revision) = what.split_once('.').unwrap_or((what, "0"));
    Some(Update {
        day,
        kb: number(kb)?,
        revision: number(revision)?,
    })
}

fn number(text: &str) -> Option<u32> {
    text.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_row_is_read() {
        let windows = Windows::read();
        assert_eq!(windows.releases.len(), rows(RELEASES).count());
        let shares: u32 = windows.releases.iter().map(|r| r.share).sum();
        assert_eq!(shares, 10_000);
        let words = rows(UPDATES).flat_map(|row| row[2].split(' ').collect::<Vec<_>>());
        let read = windows
            .trains
            .iter()
            .map(|(_, train)| train.cumulative.len() + train.framework.len() + train.old.len());
        assert_eq!(read.sum::<usize>() + windows.office.len(), words.count());
    }

    #[test]
    fn updates_are_in_order_and_revisions_grow() {
        for (name, train) in Windows::read().trains {
            assert!(!train.cumulative.is_empty(), "{name}");
            assert!(train.cumulative.len() <= 64, "a mask has a bit for each");
            let pairs = train.cumulative.windows(2);
            for pair in pairs.chain(train.framework.windows(2)) {
                assert!(pair[0].day < pair[1].day, "{name}: {pair:?}");
                assert!(pair[0].revision <= pair[1].revision, "{name}: {pair:?}");
            }
        }
    }

    #[test]
    fn every_release_has_updates_within_its_support() {
        let windows = Windows::read();
        for release in &windows.releases {
            let train = windows.train(release).unwrap();
            let own = train
                .cumulative
                .iter()
                .filter(|u| (release.first..=release.last).contains(&u.day));
            assert!(own.count() >= 5, "{release:?}");
        }
    }
}
