//! The document behind every form of the answer.

use jiff::civil::Date;
use kbgap_assess::{
    Assessed, Assessment, Evidence, NotAssessed, Projection, Support, assess, runtime_not_assessed,
};
use kbgap_catalog::{Catalog, Kb, KbId, Product, SoftwareIx};
use kbgap_inventory::Machine;
use serde::Serialize;

use super::plan::to_install;
use super::support::{HostSupport, SoftwareSupport};
use super::urgency::UrgencyEntry;
use crate::output::day;

/// One host's answer.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct CheckDocument {
    pub(crate) computer_dns_name: String,
    pub(crate) assessed: bool,
    /// Why the host was not assessed.
    pub(crate) reason: Option<String>,
    pub(crate) os: OsEntry,
    pub(crate) feed: FeedState,
    pub(crate) missing: Vec<MissingEntry>,
    pub(crate) advisories: Vec<KbEntry>,
    pub(crate) not_assessed: Vec<NotAssessedEntry>,
    /// Of the software whose support ends on a day that is known.
    pub(crate) software_support: Vec<SoftwareSupport>,
    pub(crate) warnings: Vec<String>,
    /// Those of the missing that bring the others, for people.
    #[serde(skip)]
    pub(crate) to_install: Vec<KbId>,
}

#[derive(Debug, Serialize)]
pub(crate) struct OsEntry {
    /// The feed's name of the platform; null where it is not known.
    pub(crate) product: Option<String>,
    pub(crate) build: u32,
    pub(crate) revision: Option<u32>,
    pub(crate) track: Option<&'static str>,
    /// Whether it is supported; null where no table has it.
    pub(crate) support: Option<Support>,
}

/// As of which feed state an answer holds.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct FeedState {
    /// The newest release date of all documents.
    pub(crate) as_of: Option<String>,
    pub(crate) documents: usize,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct MissingEntry {
    pub(crate) id: KbId,
    pub(crate) name: String,
    pub(crate) url: String,
    pub(crate) cve_addressed: u32,
    pub(crate) severity: &'static str,
    #[serde(flatten)]
    pub(crate) urgency: UrgencyEntry,
    pub(crate) superseded: bool,
    pub(crate) software: Vec<SoftwareEntry>,
    pub(crate) evidence: Evidence,
    pub(crate) alternatives: Vec<KbId>,
}

#[derive(Debug, Serialize)]
pub(crate) struct SoftwareEntry {
    pub(crate) id: String,
    pub(crate) cves: u32,
}

#[derive(Debug, Serialize)]
pub(crate) struct KbEntry {
    pub(crate) id: KbId,
    pub(crate) name: String,
}

#[derive(Debug, PartialEq, Eq, Serialize)]
#[serde(untagged)]
pub(crate) enum NotAssessedEntry {
    Kb {
        id: KbId,
        lacking: &'static str,
        /// The software that it fixes on this host, by which people see many as one.
        #[serde(skip)]
        fixes: String,
    },
    Software {
        software: String,
        lacking: &'static str,
    },
}

impl FeedState {
    pub(crate) fn of(catalog: &Catalog) -> Self {
        Self {
            as_of: catalog.as_of().and_then(day),
            documents: catalog.documents().len(),
        }
    }
}

impl CheckDocument {
    /// Assesses a host.
    pub(crate) fn of(
        catalog: &Catalog,
        machine: &Machine,
        feed: FeedState,
        on: Date,
        mut warnings: Vec<String>,
    ) -> Self {
        let projection = Projection::of(machine, catalog);
        let name = machine.computer_dns_name.clone();
        let assessment = assess(catalog, &projection);
        let parts: &[SoftwareIx] = match &assessment {
            Assessment::Assessed(assessed) => &assessed.software,
            Assessment::NotAssessed(_) => &[],
        };
        let parts = parts.iter().map(|&ix| catalog.software_id(ix));
        let support = HostSupport::of(machine, &projection, parts, on);
        warnings.extend(support.warnings());
        let document = match assessment {
            Assessment::NotAssessed(reason) => Self {
                computer_dns_name: name,
                assessed: false,
                reason: Some(reason.to_string()),
                os: OsEntry {
                    product: None,
                    build: machine.os.build,
                    revision: machine.os.revision,
                    track: None,
                    support: None,
                },
                feed,
                missing: Vec::new(),
                advisories: Vec::new(),
                not_assessed: Vec::new(),
                software_support: Vec::new(),
                warnings,
                to_install: Vec::new(),
            },
            Assessment::Assessed(mut assessed) => {
                warnings.extend(assessed.warnings.iter().cloned());
                if machine.pending_reboot == Some(true)
                    && !warnings.iter().any(|w| w.contains("restart"))
                {
                    warnings.push("the host reports that it waits for a restart".to_owned());
                }
                let to_install = to_install(catalog, &projection, &assessed);
                assessed
                    .not_assessed
                    .extend(runtime_not_assessed(machine.software.iter()));
                Self {
                    to_install,
                    ..Self::assessed(catalog, name, &assessed, feed, warnings)
                }
            }
        };
        Self {
            os: OsEntry {
                support: support.os,
                ..document.os
            },
            software_support: support.software,
            ..document
        }
    }

    fn assessed(
        catalog: &Catalog,
        computer_dns_name: String,
        assessed: &Assessed,
        feed: FeedState,
        warnings: Vec<String>,
    ) -> Self {
        Self {
            computer_dns_name,
            assessed: true,
            reason: None,
            os: OsEntry {
                product: Some(assessed.os.product.to_string()),
                build: assessed.os.build,
                revision: assessed.os.revision,
                track: Some(assessed.os.track.name()),
                support: None,
            },
            feed,
            missing: assessed
                .missing
                .iter()
                .map(|kb| missing_entry(catalog, kb))
                .collect(),
            advisories: assessed
                .advisories
                .iter()
                .map(|&id| KbEntry {
                    id,
                    name: title(catalog, id),
                })
                .collect(),
            not_assessed: assessed
                .not_assessed
                .iter()
                .map(|entry| not_assessed_entry(catalog, assessed, entry))
                .collect(),
            software_support: Vec::new(),
            warnings,
            to_install: Vec::new(),
        }
    }
}

/// The vendor's catalogue page of a KB.
pub(crate) fn catalog_url(id: KbId) -> String {
    format!("https://catalog.update.microsoft.com/v7/site/Search.aspx?q=KB{id}")
}

fn title(catalog: &Catalog, id: KbId) -> String {
    catalog
        .kb(id)
        .map_or_else(String::new, |kb| kb.title().to_owned())
}

fn missing_entry(catalog: &Catalog, kb: &kbgap_assess::MissingKb) -> MissingEntry {
    let software = kb.software.iter().map(|s| SoftwareEntry {
        id: catalog.software_id(s.software).to_owned(),
        cves: s.cves,
    });
    MissingEntry {
        id: kb.id,
        name: title(catalog, kb.id),
        url: catalog_url(kb.id),
        cve_addressed: kb.cve_addressed(),
        severity: kb.severity.name(),
        urgency: kb.urgency.into(),
        superseded: kb.superseded,
        software: software.collect(),
        evidence: kb.evidence.clone(),
        alternatives: kb.alternatives.clone(),
    }
}

fn not_assessed_entry(
    catalog: &Catalog,
    assessed: &Assessed,
    entry: &NotAssessed,
) -> NotAssessedEntry {
    match entry {
        NotAssessed::Kb { id, lacking } => {
            let fixes = catalog.kb(*id).into_iter().flat_map(Kb::fixes);
            let mut products = fixes.map(|fix| fix.product());
            let own = products.find(|product| assessed.products.contains(&product.ix));
            let software = own.and_then(Product::software);
            NotAssessedEntry::Kb {
                id: *id,
                lacking,
                fixes: software.map_or_else(String::new, |ix| catalog.software_id(ix).to_owned()),
            }
        }
        NotAssessed::Software { id, lacking } => NotAssessedEntry::Software {
            software: id.clone(),
            lacking,
        },
    }
}
