//! What a vulnerability says, in whichever form it was written: the texts of its
//! fields become a record here and nowhere else, so that both forms read alike.

use std::collections::HashMap;

use kbgap_catalog::{
    Cvss, FixRecord, KbId, OddKind, RevisionRecord, Severity, Subtype, VulnerabilityRecord,
    versions_in,
};

use crate::Reason;
use crate::fields::{self, ExploitStatus};
use crate::reading::Reading;

/// The vendor's largest month lists under two thousand.
pub(crate) const MAX_VULNERABILITIES: usize = 50_000;

/// A vulnerability whose products are still the vendor's ids.
#[derive(Default)]
pub(crate) struct Parts {
    pub(crate) record: VulnerabilityRecord,
    severities: HashMap<String, Severity>,
    fixes: Vec<VendorFix>,
    /// Oddities whose text will begin with the vulnerability's id.
    odd: Vec<(OddKind, String)>,
}

/// A vendor fix whose products are still the vendor's ids.
struct VendorFix {
    record: FixRecord,
    product_ids: Vec<String>,
}

/// The texts of a threat.
#[derive(Default)]
pub(crate) struct Threat {
    pub(crate) description: String,
    /// Those of a severity; of other threats they do not matter.
    pub(crate) product_ids: Vec<String>,
}

/// The kinds of threats that say something to the rules.
#[derive(Clone, Copy)]
pub(crate) enum ThreatKind {
    Impact,
    ExploitStatus,
    Severity,
}

/// The texts of a remediation that is a vendor fix. Known Issues repeat KB numbers
/// and Release Notes have none: neither is a fix.
#[derive(Default)]
pub(crate) struct Remediation {
    pub(crate) description: String,
    pub(crate) subtype: String,
    pub(crate) fixed_build: String,
    pub(crate) supersedence: String,
    pub(crate) product_ids: Vec<String>,
}

impl Parts {
    pub(crate) fn threat(&mut self, kind: ThreatKind, threat: Threat) {
        let description = threat.description;
        match kind {
            ThreatKind::Severity if description.is_empty() => {}
            ThreatKind::Severity => match Severity::parse(&description) {
                Some(severity) => self.rate(threat.product_ids, severity),
                None => self
                    .odd
                    .push((OddKind::Value, format!("severity `{description}`"))),
            },
            ThreatKind::Impact => {
                if self.record.impact.is_empty() {
                    self.record.impact = description;
                }
            }
            ThreatKind::ExploitStatus => {
                let status = ExploitStatus::parse(&description);
                self.record.publicly_disclosed |= status.publicly_disclosed;
                self.record.exploited |= status.exploited;
            }
        }
    }

    /// A severity without products is that of the vulnerability as a whole.
    fn rate(&mut self, products: Vec<String>, severity: Severity) {
        let products = if products.is_empty() {
            vec![String::new()]
        } else {
            products
        };
        for product in products {
            let rated = self.severities.entry(product).or_default();
            *rated = (*rated).max(severity);
        }
    }

    pub(crate) fn score(&mut self, score: &str, vector: String) {
        match fields::score_tenths(score) {
            Some(tenths) => {
                let higher = |known: &Cvss| (tenths, &vector) > (known.tenths, &known.vector);
                if self.record.cvss.as_ref().is_none_or(higher) {
                    self.record.cvss = Some(Cvss { tenths, vector });
                }
            }
            None if score.is_empty() => {}
            None => self
                .odd
                .push((OddKind::Value, format!("CVSS score `{score}`"))),
        }
    }

    pub(crate) fn remediation(&mut self, remediation: Remediation) {
        let Remediation {
            description,
            subtype,
            fixed_build,
            supersedence,
            product_ids,
        } = remediation;
        let kb: Option<KbId> = description.parse().ok();
        if let Some(kb) = kb
            && !fixed_build.is_empty()
            && versions_in(&fixed_build).next().is_none()
        {
            self.odd.push((
                OddKind::FixedBuild,
                format!("KB{kb} has fixed build `{fixed_build}`"),
            ));
        }
        let supersedes = fields::superseded(&supersedence);
        if kb.is_some()
            && supersedes.is_empty()
            && !supersedence.is_empty()
            && !fields::names_bulletins(&supersedence)
        {
            self.odd.push((
                OddKind::Supersedence,
                format!("supersedence `{supersedence}`"),
            ));
        }
        let record = FixRecord {
            kb,
            subtype: Subtype::parse(&subtype),
            fixed_build,
            supersedes,
            products: Vec::with_capacity(product_ids.len()),
        };
        self.fixes.push(VendorFix {
            record,
            product_ids,
        });
    }

    pub(crate) fn revision(&mut self, number: String, date: &str) {
        match fields::timestamp(date) {
            Some(date) => self.record.revisions.push(RevisionRecord { date, number }),
            None => self
                .odd
                .push((OddKind::Value, format!("revision date `{date}`"))),
        }
    }
}

impl Reading {
    /// Takes a vulnerability, once the products are known.
    pub(crate) fn take(&mut self, parts: Parts) -> Result<(), Reason> {
        if self.vulnerabilities.len() >= MAX_VULNERABILITIES {
            return Err(Reason::TooMany(MAX_VULNERABILITIES));
        }
        let Parts {
            mut record,
            severities,
            fixes,
            odd,
        } = parts;
        if record.id.is_empty() {
            self.odd(
                OddKind::VulnerabilityId,
                format!("a vulnerability without id: `{}`", record.title),
            );
            return Ok(());
        }
        if !fields::is_vulnerability_id(&record.id) {
            self.odd(OddKind::VulnerabilityId, record.id.clone());
        }
        for (kind, detail) in odd {
            self.odd(kind, format!("{}: {detail}", record.id));
        }
        record.severity = severities.values().copied().max().unwrap_or_default();
        record.revisions.sort();
        for VendorFix {
            record: mut fix,
            product_ids,
        } in fixes
        {
            for id in product_ids {
                match self.product_positions.get(&id) {
                    Some(&position) => {
                        let severity = severities.get(&id).copied().unwrap_or_default();
                        fix.products.push((position, severity));
                    }
                    None => self.odd(
                        OddKind::UnknownProduct,
                        format!("{}: product {id} is not in the product tree", record.id),
                    ),
                }
            }
            record.fixes.push(fix);
        }
        self.vulnerabilities.push(record);
        Ok(())
    }
}
