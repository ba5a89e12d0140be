//! Lifecycles of Windows.

use std::collections::HashMap;
use std::sync::LazyLock;

use super::{Edition, Lifecycle, rows};
use crate::platform::Release;

/// The lifecycle of some editions of a Windows release.
#[derive(Debug, PartialEq, Eq)]
pub struct WindowsLifecycle {
    /// The editions of which it is; empty for all.
    pub editions: Vec<Edition>,
    /// When their support ends.
    pub lifecycle: Lifecycle,
}

const TABLE: &str = include_str!("../../data/lifecycle-windows.tsv");

static BY_RELEASE: LazyLock<HashMap<&'static str, Vec<WindowsLifecycle>>> = LazyLock::new(|| {
    let mut releases: HashMap<&'static str, Vec<WindowsLifecycle>> = HashMap::new();
    for (release, lifecycle) in rows(TABLE).filter_map(|columns| parse(&columns)) {
        releases.entry(release).or_default().push(lifecycle);
    }
    releases
});

fn parse(columns: &[&'static str]) -> Option<(&'static str, WindowsLifecycle)> {
    let &[release, editions, end, esu] = columns else {
        return None;
    };
    let editions = match editions {
        "*" => Vec::new(),
        named => named
            .split(',')
            .map(Edition::of_name)
            .collect::<Option<_>>()?,
    };
    let lifecycle = Lifecycle::parse(end, esu)?;
    Some((
        release,
        WindowsLifecycle {
            editions,
            lifecycle,
        },
    ))
}

/// The lifecycles of a release, of all its editions.
#[must_use]
pub fn windows_lifecycles(release: &Release) -> &'static [WindowsLifecycle] {
    let found = BY_RELEASE.get(release.title);
    found.map_or(&[], Vec::as_slice)
}

/// The lifecycles of all releases that are one software of the API, such as
/// `windows_10`.
pub fn windows_of_software(name: &str) -> impl Iterator<Item = &'static WindowsLifecycle> {
    Release::all()
        .filter(move |release| release.software == name)
        .flat_map(windows_lifecycles)
}

#[cfg(test)]
pub(super) fn all() -> impl Iterator<Item = &'static WindowsLifecycle> {
    BY_RELEASE.values().flatten()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::platform::ReleaseKind;

    #[test]
    fn every_row_is_read() {
        assert_eq!(all().count(), rows(TABLE).count());
    }

    /// No release of the catalogue is without a row, and no row without a release.
    #[test]
    fn releases_and_rows_are_the_same() {
        for release in Release::all() {
            assert!(!windows_lifecycles(release).is_empty(), "{}", release.title);
        }
        for title in BY_RELEASE.keys() {
            assert!(Release::all().any(|r| r.title == *title), "{title}");
        }
    }

    #[test]
    fn no_edition_of_a_release_has_two_rows_and_servers_have_none() {
        for release in Release::all() {
            let rows = windows_lifecycles(release);
            let named: Vec<Edition> = rows.iter().flat_map(|row| row.editions.clone()).collect();
            for edition in Edition::all() {
                let times = named.iter().filter(|named| **named == edition).count();
                assert!(times <= 1, "{} {edition:?}", release.title);
            }
            let all = rows.iter().any(|row| row.editions.is_empty());
            assert!(!all || rows.len() == 1, "{}", release.title);
            assert!(
                release.kind == ReleaseKind::Client || all,
                "{}",
                release.title
            );
        }
    }

    /// What people buy and what enterprises do is in every row of a client.
    #[test]
    fn the_usual_editions_of_a_client_have_a_row() {
        for release in Release::all().filter(|r| r.kind == ReleaseKind::Client) {
            for edition in [Edition::Home, Edition::Pro, Edition::Enterprise] {
                let mut rows = windows_lifecycles(release).iter();
                assert!(
                    rows.any(|row| row.editions.is_empty() || row.editions.contains(&edition)),
                    "{} {edition:?}",
                    release.title
                );
            }
        }
    }
}
