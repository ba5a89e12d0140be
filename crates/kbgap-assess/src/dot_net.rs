//! .NET Framework (section 5, table of series). Of release 4 a machine has one, which
//! comes with Windows or is reported; 3.5 stands beside it. Updates are cumulative for a
//! release on a Windows, but on old ones Security Only updates are not.
//!
//! What is offered never stands in a machine's list where a Windows can have several
//! releases: an update of the release does. So the list can prove that an update is there,
//! and only the version of files that it is not.

mod entry;
mod framework;
mod judge;
mod label;
mod tables;

use kbgap_catalog::{KbId, Version};
use kbgap_inventory::DotNet;
use serde::{Deserialize, Serialize};

pub use entry::DotNetEntry;
pub use framework::{Framework, FrameworkLine};
pub(crate) use judge::{DotNetKey, Frameworks};

/// The software that every .NET Framework counts for.
pub(crate) const DOT_NET: &str = "microsoft-_-.net_framework";

/// What a machine tells of .NET Framework beside its Windows.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct DotNetFacts {
    /// The releases that are reported, also by the updates that brought them, in order.
    reported: Vec<Framework>,
    /// The highest build of the files of each line that is told, in order.
    files: Vec<(FrameworkLine, u32)>,
    /// Listed updates that stand for others, in order.
    updates: Vec<KbId>,
}

impl DotNetFacts {
    /// What entries of the software list, the report itself and listed KBs tell together.
    pub(crate) fn of(entries: &[DotNetEntry], told: Option<&DotNet>, kbs: &[KbId]) -> Self {
        let parsed = |texts: &[String]| -> Vec<Version> {
            texts
                .iter()
                .filter_map(|text| Version::parse(text))
                .collect()
        };
        let versions = told.map_or_else(Vec::new, |told| parsed(&told.versions));
        let files = told.map_or_else(Vec::new, |told| parsed(&told.file_versions));
        let of_files = files.iter().filter_map(FrameworkLine::of_file);
        let mut files: Vec<(FrameworkLine, u32)> = of_files
            .chain(entries.iter().filter_map(|e| e.file))
            .collect();
        files.sort_unstable();
        // Of each line the last and highest stays.
        files.reverse();
        files.dedup_by_key(|(line, _)| *line);
        files.reverse();
        let reported = entries.iter().map(|entry| entry.release);
        let by_file = files.iter().filter_map(|(line, _)| line.only_release());
        let mut reported: Vec<Framework> = reported
            .chain(versions.iter().filter_map(Framework::of_version))
            .chain(kbs.iter().filter_map(|&kb| tables::brought_by(kb)))
            .chain(by_file)
            .collect();
        reported.sort_unstable();
        reported.dedup();
        let updates = kbs.iter().copied();
        Self {
            reported,
            files,
            updates: updates.filter(|&kb| tables::is_listed_update(kb)).collect(),
        }
    }

    /// The release 4 that a machine with this build of Windows has; each takes the place of
    /// the one before.
    fn release_4(&self, build: u32) -> Option<Framework> {
        let reported = self.reported.last().copied();
        let reported = reported.filter(|release| release.is_4());
        reported.max(tables::in_the_box(build))
    }

    /// Whether a release before 4 is reported.
    fn has(&self, older: Framework) -> bool {
        self.reported.binary_search(&older).is_ok()
    }

    fn file(&self, line: FrameworkLine) -> Option<u32> {
        let mut of_line = self.files.iter().filter(|(known, _)| *known == line);
        Some(of_line.next()?.1)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn facts(versions: &[&str], files: &[&str], kbs: &[u32]) -> DotNetFacts {
        let texts = |list: &[&str]| list.iter().map(|&text| text.to_owned()).collect();
        let told = DotNet {
            versions: texts(versions),
            file_versions: texts(files),
        };
        let kbs: Vec<KbId> = kbs.iter().filter_map(|&kb| KbId::new(kb)).collect();
        DotNetFacts::of(&[], Some(&told), &kbs)
    }

    #[test]
    fn the_newest_of_box_and_report_counts() {
        for (versions, files, kbs, build, expected) in [
            (&[][..], &[][..], &[][..], 17_763, Some(Framework::V472)),
            (&["3.5"], &[], &[4_486_153], 17_763, Some(Framework::V48)),
            (&["4.8"], &[], &[], 17_763, Some(Framework::V48)),
            (&["4.7.2"], &[], &[], 19_045, Some(Framework::V48)),
            (&[], &["4.8.9236.0"], &[], 19_045, Some(Framework::V481)),
            (&[], &["4.7.4092.0"], &[], 9_600, None),
            (&["3.5"], &[], &[], 9_600, None),
            (&[], &[], &[4_486_105], 9_600, Some(Framework::V48)),
            (&[], &[], &[], 26_100, Some(Framework::V481)),
        ] {
            let facts = facts(versions, files, kbs);
            assert_eq!(
                facts.release_4(build),
                expected,
                "{versions:?} {files:?} {build}"
            );
        }
    }

    #[test]
    fn the_highest_file_of_a_line_counts() {
        let facts = facts(&[], &["4.8.4718.0", "4.8.4690.2", "2.0.50727.9181"], &[]);
        assert_eq!(facts.file(FrameworkLine::V48), Some(4_718));
        assert_eq!(facts.file(FrameworkLine::Runtime2), Some(9_181));
        assert_eq!(facts.file(FrameworkLine::V481), None);
        // Files of the runtime 2 are there without 3.5, too.
        assert!(!facts.has(Framework::V35));
    }
}
