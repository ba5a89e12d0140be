//! Why one KB is missing, present or not meant for a machine (section 8): the
//! same decisions as [`assess`](crate::assess), told in full.

use std::collections::BTreeSet;

use kbgap_catalog::{Catalog, Component, Fix, Kb, KbId};
use serde::Serialize;

use crate::evidence::Evidence;
use crate::pair::PairFinding;
use crate::platform::MachinePlatform;
use crate::presence::Verdict;
use crate::servicing::Servicing;
use crate::{Projection, Unassessable};

/// What is to be said about one KB and one machine.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Explanation {
    /// The KB.
    pub id: KbId,
    /// The title of its document.
    pub name: String,
    /// The outcome.
    pub verdict: ExplanationVerdict,
    /// Each product of the machine that the KB fixes.
    pub products: Vec<ProductExplanation>,
    /// The fact that is lacking, where the verdict is not-assessed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub lacking: Option<String>,
}

/// The outcome for one KB.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum ExplanationVerdict {
    /// It is missing.
    Missing,
    /// It is missing, but known through advisories alone.
    Advisory,
    /// It is present, or everything that it fixes is fixed by others.
    Present,
    /// A fact is lacking.
    NotAssessed,
    /// It is for none of the machine's products.
    NotApplicable,
}

/// One product of the machine that the KB fixes.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct ProductExplanation {
    /// The feed's name of the product.
    pub product: String,
    /// The software that it counts for.
    pub software: String,
    /// Why the KB itself counts as present or missing.
    pub evidence: Evidence,
    /// Vulnerabilities that only this KB, or one like it, would fix.
    pub vulnerable: Vec<String>,
    /// Vulnerabilities that are fixed, by this KB or another.
    pub fixed: Vec<String>,
    /// Present KBs that fix some of them.
    pub fixed_by: Vec<KbId>,
    /// Other KBs that would do in its place.
    pub alternatives: Vec<KbId>,
}

/// Explains one KB; `None` where the catalogue does not know it.
///
/// # Errors
/// [`Unassessable`] when the machine cannot be assessed at all.
pub fn explain(
    catalog: &Catalog,
    machine: &Projection,
    id: KbId,
) -> Result<Option<Explanation>, Unassessable> {
    let platform = MachinePlatform::of(machine, catalog)?;
    let Some(kb) = catalog.kb(id) else {
        return Ok(None);
    };
    let servicing = Servicing::of(machine, &platform, catalog);
    let mut products = Vec::new();
    let (mut names_cve, mut names_advisory, mut lacking) = (false, false, None);
    for product in &platform.products {
        let fixes: Vec<Fix<'_>> = product.fixes().collect();
        let mut explanation: Option<ProductExplanation> = None;
        for pair in fixes.chunk_by(|a, b| a.vulnerability_ix() == b.vulnerability_ix()) {
            if !pair.iter().any(|fix| is(fix.kb(), id)) {
                continue;
            }
            let finding = PairFinding::of(pair, machine, &servicing);
            lacking = lacking.or(finding
                .undecided
                .iter()
                .find(|(kb, _)| *kb == id)
                .map(|(_, c)| c.field()));
            let named = finding.named().any(|(fix, _)| is(fix.kb(), id));
            if named {
                names_cve |= !pair[0].vulnerability().is_advisory();
                names_advisory |= pair[0].vulnerability().is_advisory();
            }
            let Some((_, verdict)) = finding.judged.iter().find(|(fix, _)| is(fix.kb(), id)) else {
                continue;
            };
            let (Verdict::Present(evidence) | Verdict::Missing(evidence)) = verdict;
            let product = explanation.get_or_insert_with(|| ProductExplanation {
                product: product.name().to_owned(),
                software: product
                    .software()
                    .map_or("", |ix| catalog.software_id(ix))
                    .to_owned(),
                evidence: evidence.clone(),
                vulnerable: Vec::new(),
                fixed: Vec::new(),
                fixed_by: Vec::new(),
                alternatives: Vec::new(),
            });
            product.add(&finding, named, id, &servicing);
        }
        let os_first = product.component() != Some(Component::Windows);
        products.extend(explanation.map(|explanation| (os_first, explanation)));
    }
    products.sort_by(|a, b| {
        (a.0, &a.1.software, &a.1.product).cmp(&(b.0, &b.1.software, &b.1.product))
    });
    let verdict = match () {
        () if products.is_empty() => ExplanationVerdict::NotApplicable,
        () if names_cve => ExplanationVerdict::Missing,
        () if lacking.is_some() => ExplanationVerdict::NotAssessed,
        () if names_advisory => ExplanationVerdict::Advisory,
        () => ExplanationVerdict::Present,
    };
    Ok(Some(Explanation {
        id,
        name: kb.title().to_owned(),
        verdict,
        products: products
            .into_iter()
            .map(|(_, explanation)| explanation)
            .collect(),
        lacking: lacking.map(str::to_owned),
    }))
}

fn is(kb: Option<Kb<'_>>, id: KbId) -> bool {
    kb.and_then(Kb::id) == Some(id)
}

impl ProductExplanation {
    fn add(&mut self, finding: &PairFinding<'_>, named: bool, id: KbId, servicing: &Servicing) {
        let Some((first, _)) = finding.judged.first() else {
            return;
        };
        let vulnerability = first.vulnerability().id().to_owned();
        if named {
            self.vulnerable.push(vulnerability);
            merge(
                &mut self.alternatives,
                finding.alternatives(servicing.track).filter(|&kb| kb != id),
            );
            return;
        }
        let present = finding
            .judged
            .iter()
            .filter(|(_, v)| matches!(v, Verdict::Present(_)));
        let by: Vec<KbId> = present.filter_map(|(fix, _)| fix.kb()?.id()).collect();
        if !by.is_empty() {
            self.fixed.push(vulnerability);
            merge(&mut self.fixed_by, by);
        }
    }
}

fn merge(into: &mut Vec<KbId>, more: impl IntoIterator<Item = KbId>) {
    let all: BTreeSet<KbId> = into.drain(..).chain(more).collect();
    into.extend(all);
}
