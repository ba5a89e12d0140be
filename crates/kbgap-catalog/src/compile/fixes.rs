//! One row for each product, vulnerability and KB.

use crate::kb::KbId;
use crate::layout::{FixRow, NONE};
use crate::odd::{OddKind, OddValue};
use crate::platform::Release;
use crate::record::{DocumentRecord, FixRecord, Severity, Subtype};
use crate::snapshot::offset;
use crate::version::{BuildRevision, versions_in};

use super::kbs::Kbs;
use super::products::Products;
use super::texts::Texts;
use super::vulnerabilities::Vulnerabilities;

/// A fix on its way into the catalogue.
pub(super) struct Fix<'a> {
    pub(super) product: u32,
    pub(super) vulnerability: u32,
    pub(super) kb: Option<KbId>,
    pub(super) fixed_build: &'a str,
    /// The revision that `fixed_build` names in the product's servicing family;
    /// later also one that another fix of the KB or the update history names.
    pub(super) revision: Option<u32>,
    pub(super) subtype: Subtype,
    severity: Severity,
}

pub(super) fn flatten<'a>(
    documents: &[&'a DocumentRecord],
    products: &Products,
    vulnerabilities: &Vulnerabilities<'_>,
    odd: &mut Vec<OddValue>,
) -> Vec<Fix<'a>> {
    let standalone = super::kbs::standalone();
    let mut fixes = Vec::new();
    for (document, local_products) in documents.iter().zip(&products.by_document) {
        for vulnerability in &document.vulnerabilities {
            let Some(position) = vulnerabilities.position(&vulnerability.id) else {
                continue;
            };
            for fix in &vulnerability.fixes {
                let builds = windows_builds(fix);
                let is_standalone = fix.kb.is_some_and(|kb| standalone.contains_key(&kb));
                for &(local, severity) in &fix.products {
                    let Some(&product) = local_products.get(local as usize) else {
                        continue;
                    };
                    let folded = &products.list[product as usize];
                    let revision = match folded.family {
                        Some(family) if !is_standalone => {
                            let own = builds
                                .iter()
                                .filter(|b| family.holds(**b))
                                .map(|b| b.revision)
                                .max();
                            if own.is_none() && !builds.is_empty() {
                                odd.push(wrong_family(
                                    document,
                                    &vulnerability.id,
                                    fix,
                                    folded.name(),
                                ));
                                continue;
                            }
                            own
                        }
                        _ => None,
                    };
                    fixes.push(Fix {
                        product,
                        vulnerability: position,
                        kb: fix.kb,
                        fixed_build: &fix.fixed_build,
                        revision,
                        subtype: fix.subtype,
                        severity,
                    });
                }
            }
        }
    }
    fixes
}

/// The builds of a `FixedBuild` that are builds of Windows, whatever their family.
/// A file version such as `10.0.04614.06` is none, since no release has build 4614.
fn windows_builds(fix: &FixRecord) -> Vec<BuildRevision> {
    versions_in(&fix.fixed_build)
        .filter_map(|version| version.build_and_revision())
        .filter(|version| Release::knows_build(version.build))
        .collect()
}

fn wrong_family(
    document: &DocumentRecord,
    vulnerability: &str,
    fix: &FixRecord,
    product: &str,
) -> OddValue {
    let update = fix
        .kb
        .map_or_else(|| "a fix".to_owned(), |kb| format!("KB{kb}"));
    OddValue {
        document: document.id.clone(),
        kind: OddKind::WrongFamily,
        detail: format!(
            "{vulnerability}: {update} for {product} has fixed build {}",
            fix.fixed_build
        ),
    }
}

/// Brings the fixes into the order of the catalogue and makes one of those that
/// say the same: the one that knows a revision, with the highest severity.
pub(super) fn finish(fixes: &mut Vec<Fix<'_>>) {
    fixes.sort_by(|a, b| key(a).cmp(&key(b)));
    fixes.dedup_by(|later, first| {
        let same = (later.product, later.vulnerability, later.kb)
            == (first.product, first.vulnerability, first.kb)
            && (first.kb.is_some() || later.fixed_build == first.fixed_build);
        if same {
            first.severity = first.severity.max(later.severity);
        }
        same
    });
}

type Key<'k> = (
    u32,
    u32,
    Option<KbId>,
    std::cmp::Reverse<Option<u32>>,
    Subtype,
    &'k str,
);

fn key<'k>(fix: &'k Fix<'_>) -> Key<'k> {
    let revision = std::cmp::Reverse(fix.revision);
    (
        fix.product,
        fix.vulnerability,
        fix.kb,
        revision,
        fix.subtype,
        fix.fixed_build,
    )
}

pub(super) fn rows(fixes: &[Fix<'_>], kbs: &Kbs<'_>, texts: &mut Texts) -> Vec<FixRow> {
    fixes
        .iter()
        .map(|fix| FixRow {
            product: fix.product.into(),
            vulnerability: fix.vulnerability.into(),
            kb: fix
                .kb
                .and_then(|kb| kbs.position(kb))
                .map_or(NONE.into(), offset),
            revision: fix.revision.unwrap_or(NONE).into(),
            fixed_build: texts.intern(fix.fixed_build),
            subtype: fix.subtype as u8,
            severity: fix.severity as u8,
        })
        .collect()
}
