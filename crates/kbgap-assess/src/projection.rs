//! The facts of a machine that a rule may read, and nothing else.
//!
//! Machines whose projections are equal miss the same updates, so assessment
//! runs once for all of them.

use kbgap_catalog::{
    Architecture, Catalog, Component, InstallationType, KbId, SqlBuild, SqlEntry, Version,
    map_installed,
};
use kbgap_inventory::Machine;
use serde::{Deserialize, Serialize};

use crate::click_to_run::ClickToRun;
use crate::dot_net::{DotNetEntry, DotNetFacts};
use crate::edge::EDGE;
use crate::exchange::{EXCHANGE, ExchangeEntry, ExchangeServer};
use crate::office::{Office, OfficeEntry};
use crate::sharepoint::{SHAREPOINT, SharePoint, SharePointEntry};
use crate::sql_server::{SQL_SERVER, SqlServer};
use crate::unsupported::Unsupported;

/// What the rules read of a machine.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
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
    /// SQL Server, one for each release, in order.
    pub sql_server: Vec<SqlServer>,
    /// Exchange Server.
    pub exchange: Option<ExchangeServer>,
    /// SharePoint.
    pub sharepoint: Option<SharePoint>,
    /// Office by Windows Installer, one for each release, in order.
    pub office: Vec<Office>,
    /// .NET Framework.
    pub dot_net: DotNetFacts,
    /// Reported software about which no rule decides, in order.
    pub unsupported: Vec<Unsupported>,
}

impl Projection {
    /// The projection of a machine for this catalogue.
    #[must_use]
    pub fn of(machine: &Machine, catalog: &Catalog) -> Self {
        let mut projection = Self::wide(machine);
        projection.narrow(catalog);
        projection
    }

    /// Keeps what this catalogue knows of a [wide](Self::wide) projection.
    pub fn narrow(&mut self, catalog: &Catalog) {
        self.kbs.retain(|&kb| catalog.knows_kb(kb));
    }

    /// The projection for a catalogue that knows every KB: whatever catalogue comes, the
    /// projection for it can be made from this one.
    #[must_use]
    pub fn wide(machine: &Machine) -> Self {
        let facts: Vec<SoftwareFact> = machine
            .software
            .iter()
            .filter_map(|s| SoftwareFact::of(s.vendor, s.name, s.version))
            .collect();
        Self::wide_with(machine, &facts)
    }

    /// The same, where what its software list says is known already: reading names takes
    /// longer than all the rest, and machines have most of them in common.
    #[must_use]
    pub fn wide_with<'f>(
        machine: &Machine,
        facts: impl IntoIterator<Item = &'f SoftwareFact>,
    ) -> Self {
        let mut kbs: Vec<KbId> = machine.installed_kbs.iter().map(|kb| kb.id).collect();
        let mut sql_entries: Vec<SqlEntry> = Vec::new();
        let mut exchange_entries: Vec<ExchangeEntry> = Vec::new();
        let mut sharepoint_entries: Vec<SharePointEntry> = Vec::new();
        let mut office_entries: Vec<OfficeEntry> = Vec::new();
        let mut dot_net_entries: Vec<DotNetEntry> = Vec::new();
        let mut chromium_edge = false;
        let mut edge_version: Option<Version> = None;
        let mut click_to_run = Vec::new();
        let mut unsupported = Vec::new();
        for fact in facts {
            match fact {
                SoftwareFact::ChromiumEdge(version) => {
                    chromium_edge = true;
                    edge_version = edge_version.into_iter().chain(*version).min();
                }
                SoftwareFact::SqlServer(entry) => sql_entries.push(*entry),
                SoftwareFact::Exchange(entry) => exchange_entries.push(*entry),
                SoftwareFact::SharePoint(entry) => sharepoint_entries.push(*entry),
                SoftwareFact::Office(entry) => office_entries.push(*entry),
                SoftwareFact::DotNet(entry) => dot_net_entries.push(*entry),
                SoftwareFact::Unsupported { what, office } => {
                    click_to_run.extend(*office);
                    unsupported.push(what.clone());
                }
            }
        }
        // An update that stands in the software list is installed like those of the other.
        kbs.extend(sql_entries.iter().filter_map(|entry| entry.kb));
        kbs.extend(exchange_entries.iter().filter_map(|entry| entry.kb));
        kbs.sort_unstable();
        kbs.dedup();
        click_to_run.sort_unstable();
        click_to_run.dedup();
        let dot_net = DotNetFacts::of(&dot_net_entries, machine.dot_net.as_ref(), &kbs);
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
            sql_server: SqlServer::of_entries(&sql_entries),
            exchange: ExchangeServer::of_entries(&exchange_entries),
            sharepoint: SharePoint::of_entries(&sharepoint_entries),
            office: Office::of_entries(&office_entries),
            dot_net,
            unsupported,
        }
    }

    /// The version in which a software was assessed, where it is not told by one entry of
    /// the software list: of several releases the lowest.
    #[must_use]
    pub fn version_of(&self, software: &str) -> Option<String> {
        if software == EDGE {
            return Some(self.edge_version?.to_string());
        }
        if software == EXCHANGE {
            return Some(self.exchange?.version?.to_string());
        }
        if software == SHAREPOINT {
            return self.sharepoint?.shown();
        }
        if software != SQL_SERVER {
            return None;
        }
        let server = self
            .sql_server
            .iter()
            .find(|server| server.build.is_some())?;
        server.version()
    }

    /// The version that is compared where an entry of the software list tells `version`:
    /// names of servers mostly stay at the first one, and updates tell higher ones.
    #[must_use]
    pub fn compared_version(&self, software: &str, version: &str) -> Option<String> {
        if software != SQL_SERVER {
            return self.version_of(software);
        }
        let (release, _) = SqlBuild::of_version(&Version::parse(version)?)?;
        let mut servers = self.sql_server.iter();
        servers.find(|server| server.release == release)?.version()
    }

    /// Whether the machine lists this KB as installed.
    #[must_use]
    pub fn lists(&self, kb: KbId) -> bool {
        self.kbs.binary_search(&kb).is_ok()
    }
}

/// What the rules read in an entry of a software list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SoftwareFact {
    /// Edge (Chromium-based), with its version where one can be read.
    ChromiumEdge(Option<Version>),
    /// SQL Server, or an update of it.
    SqlServer(SqlEntry),
    /// Exchange Server, or an update of it.
    Exchange(ExchangeEntry),
    /// SharePoint.
    SharePoint(SharePointEntry),
    /// Office by Windows Installer, or an update of it.
    Office(OfficeEntry),
    /// .NET Framework.
    DotNet(DotNetEntry),
    /// A software about which no rule decides.
    Unsupported {
        /// The software.
        what: Unsupported,
        /// What of Office by Click-to-Run it is, in which build.
        office: Option<(ClickToRun, Version)>,
    },
}

impl SoftwareFact {
    /// What an entry says; `None` where no rule reads it.
    #[must_use]
    pub fn of(vendor: &str, name: &str, version: &str) -> Option<Self> {
        if is_microsoft(vendor) {
            if has_word(name, b"sql")
                && let Some(entry) = SqlEntry::of(name, version)
            {
                return Some(Self::SqlServer(entry));
            }
            if has_word(name, b".net")
                && let Some(entry) = DotNetEntry::of(name, version)
            {
                return Some(Self::DotNet(entry));
            }
            if has_word(name, b"sharepoint")
                && let Some(entry) = SharePointEntry::of(name, version)
            {
                return Some(Self::SharePoint(entry));
            }
            if has_word(name, b"exchange")
                && let Some(entry) = ExchangeEntry::of(name, version)
            {
                return Some(Self::Exchange(entry));
            }
        }
        if is_microsoft(vendor)
            && has_year(name)
            && let Some(entry) = OfficeEntry::of(name, version)
        {
            return Some(Self::Office(entry));
        }
        match map_installed(vendor, name, version) {
            Some((_, Component::EdgeChromium)) => Some(Self::ChromiumEdge(Version::parse(version))),
            Some((id, component)) if has_rules_of_its_own(component, name) => {
                let office = ClickToRun::of_name(name).zip(Version::parse(version));
                let what = Unsupported::of_family(id, component, name, version);
                Some(Self::Unsupported { what, office })
            }
            None if is_microsoft(vendor) && has_word(name, b"edge") => {
                let what = Unsupported::channel(vendor, name, version)?;
                Some(Self::Unsupported { what, office: None })
            }
            _ => None,
        }
    }
}

/// What the rules of its family do not read: of Office what Windows Installer did not
/// install, and of servers a release that no rule knows, be it older or newer. What of
/// SharePoint is no server has no rules to wait for.
fn has_rules_of_its_own(component: Component, name: &str) -> bool {
    match component {
        Component::Office | Component::SqlServer | Component::Exchange => true,
        Component::SharePoint => name
            .trim_end()
            .rsplit(' ')
            .next()
            .is_some_and(|year| year.len() == 4 && year.bytes().all(|b| b.is_ascii_digit())),
        _ => false,
    }
}

/// Where none is reported it may be.
fn is_microsoft(vendor: &str) -> bool {
    const MICROSOFT: &str = "microsoft";
    let vendor = vendor.trim();
    let own = vendor.get(..MICROSOFT.len());
    vendor.is_empty() || own.is_some_and(|own| own.eq_ignore_ascii_case(MICROSOFT))
}

/// Whether a name has the year of an Office by Windows Installer: few have.
fn has_year(name: &str) -> bool {
    let years = ["2007", "2010", "2013", "2016"];
    years.iter().any(|year| name.contains(year))
}

/// Most programs are others, and are known so before anything is copied.
pub(crate) fn has_word(name: &str, word: &[u8]) -> bool {
    let mut parts = name.as_bytes().windows(word.len());
    parts.any(|part| part.eq_ignore_ascii_case(word))
}
