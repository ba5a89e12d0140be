//! The facts of a machine that a rule may read, and nothing else.
//!
//! Machines whose projections are equal miss the same updates, so assessment
//! runs once for all of them.

use kbgap_catalog::{
    Architecture, Catalog, Component, InstallationType, KbId, SoftwareId, Version, map_installed,
};
use kbgap_inventory::Machine;

use crate::click_to_run::ClickToRun;

/// What the rules read of a machine.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Projection {
    /// The Windows build.
    pub build: u32,
    /// The revision (UBR), where reported.
    pub revision: Option<u32>,
    /// The architecture, where reported.
    pub architecture: Option<Architecture>,
    /// Client, Server or Server Core, where known.
    pub installation_type: Option<InstallationType>,
    /// Whether the machine is said to take hotpatches.
    pub hotpatch: Option<bool>,
    /// Whether Secure Boot is on.
    pub secure_boot: Option<bool>,
    /// Whether a recovery environment is enabled.
    pub win_re: Option<bool>,
    /// Installed KBs of which the catalogue knows anything, ascending.
    pub kbs: Vec<KbId>,
    /// Whether the software list has Edge (Chromium-based).
    pub chromium_edge: bool,
    /// The lowest version of it that is listed, where one can be read.
    pub edge_version: Option<Version>,
    /// Office by Click-to-Run with its builds, in order.
    pub click_to_run: Vec<(ClickToRun, Version)>,
    /// Reported software of families whose rules do not exist yet, in order.
    pub unsupported: Vec<SoftwareId>,
}

impl Projection {
    /// The projection of a machine for this catalogue.
    #[must_use]
    pub fn of(machine: &Machine, catalog: &Catalog) -> Self {
        let mut kbs: Vec<KbId> = machine
            .installed_kbs
            .iter()
            .map(|kb| kb.id)
            .filter(|&kb| catalog.knows_kb(kb))
            .collect();
        kbs.sort_unstable();
        kbs.dedup();
        let mut chromium_edge = false;
        let mut edge_version: Option<Version> = None;
        let mut click_to_run = Vec::new();
        let mut unsupported = Vec::new();
        for software in &machine.software {
            match map_installed(&software.vendor, &software.name, &software.version) {
                Some((_, Component::EdgeChromium)) => {
                    chromium_edge = true;
                    let version = Version::parse(&software.version);
                    edge_version = edge_version.into_iter().chain(version).min();
                }
                Some((id, component)) if has_rules_of_its_own(component) => {
                    let office = ClickToRun::of_name(&software.name);
                    click_to_run.extend(office.zip(Version::parse(&software.version)));
                    unsupported.push(id);
                }
                _ => {}
            }
        }
        click_to_run.sort_unstable();
        click_to_run.dedup();
        unsupported.sort_unstable();
        unsupported.dedup();
        Self {
            build: machine.os.build,
            // No Windows has revision 0: what reports it does not know its own.
            revision: machine.os.revision.filter(|&revision| revision != 0),
            architecture: machine.os.architecture,
            installation_type: machine.os.installation_type,
            hotpatch: machine.hotpatch,
            secure_boot: machine.secure_boot,
            win_re: machine.win_re,
            kbs,
            chromium_edge,
            edge_version,
            click_to_run,
            unsupported,
        }
    }

    /// Whether the machine lists this KB as installed.
    #[must_use]
    pub fn lists(&self, kb: KbId) -> bool {
        self.kbs.binary_search(&kb).is_ok()
    }
}

fn has_rules_of_its_own(component: Component) -> bool {
    matches!(
        component,
        Component::DotNetFramework
            | Component::SqlServer
            | Component::Exchange
            | Component::SharePoint
            | Component::Office
    )
}
