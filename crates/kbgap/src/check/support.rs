//! Whether what a host runs is supported on a day.

use jiff::civil::Date;
use kbgap_assess::{Projection, Support};
use kbgap_catalog::{Recognised, SoftwareId, recognise};
use kbgap_inventory::Machine;
use serde::Serialize;

/// The support of a host's Windows and software.
pub(super) struct HostSupport {
    /// What its Windows is called in messages.
    name: &'static str,
    pub(super) os: Option<Support>,
    pub(super) software: Vec<SoftwareSupport>,
}

/// The support of a release of a software.
#[derive(Debug, Serialize)]
pub(crate) struct SoftwareSupport {
    /// The software.
    pub(crate) software: SoftwareId,
    /// Its release, such as `2014 SP3`; null where it has no other.
    pub(crate) release: Option<&'static str>,
    /// The support of it.
    #[serde(flatten)]
    pub(crate) support: Support,
}

impl HostSupport {
    /// Of a host, with the software that is part of its Windows.
    pub(super) fn of<'p>(
        machine: &Machine,
        projection: &Projection,
        parts: impl Iterator<Item = &'p str>,
        on: Date,
    ) -> Self {
        let release = projection.release();
        let edition = machine.os.edition_of_support();
        let parts = parts.filter_map(|id| {
            let id: SoftwareId = id.parse().ok()?;
            SoftwareSupport::of(id, None, "", on)
        });
        let listed = machine.software.iter().filter_map(|entry| {
            let Some(Recognised::Software(known)) =
                recognise(entry.vendor, entry.name, entry.version)
            else {
                return None;
            };
            let id = known.software;
            let compared = projection.compared_version(id.as_str(), entry.version);
            let version = compared.as_deref().unwrap_or(entry.version);
            SoftwareSupport::of(id, known.release.as_deref(), version, on)
        });
        let mut software: Vec<SoftwareSupport> = parts.chain(listed).collect();
        software.sort_by(|a, b| (&a.software, a.release).cmp(&(&b.software, b.release)));
        software.dedup_by(|a, b| (&a.software, a.release) == (&b.software, b.release));
        Self {
            name: release.map_or("", |release| release.title),
            os: release.and_then(|release| Support::of_windows(release, edition, on)),
            software,
        }
    }

    /// What people should know: Windows first.
    pub(super) fn warnings(&self) -> impl Iterator<Item = String> {
        let os = self.os.iter().filter_map(|os| os.warning(self.name));
        os.chain(self.software.iter().filter_map(SoftwareSupport::warning))
    }
}

impl SoftwareSupport {
    fn of(software: SoftwareId, named: Option<&str>, version: &str, on: Date) -> Option<Self> {
        let (release, support) = Support::of_software(&software, named, version, on)?;
        Some(Self {
            software,
            release,
            support,
        })
    }

    fn warning(&self) -> Option<String> {
        let name = self.software.name();
        let name = self
            .release
            .map_or_else(|| name.to_owned(), |release| format!("{name} {release}"));
        self.support.warning(&name)
    }
}
