//! Why one KB is missing, present or not meant for a machine (section 8): the
//! same decisions as [`assess`](crate::assess), told in full.

use std::collections::BTreeSet;

use kbgap_catalog::{Catalog, KbId, VulnerabilityIx};
use serde::Serialize;

use crate::assessor::Assessor;
use crate::evidence::Evidence;
use crate::pair::{Case, PairFinding};
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

/// Explains one KB, as [`Assessor::explain`] does for many.
///
/// # Errors
/// [`Unassessable`] when the machine cannot be assessed at all.
pub fn explain(
    catalog: &Catalog,
    machine: &Projection,
    id: KbId,
) -> Result<Option<Explanation>, Unassessable> {
    Assessor::new(catalog.clone()).explain(machine, id)
}

pub(crate) fn of(case: &Case<'_>, id: KbId, assessor: &Assessor) -> Option<Explanation> {
    let catalog = assessor.catalog();
    let kb = catalog.kb(id)?;
    let mut products = Vec::new();
    let (mut names_cve, mut names_advisory, mut lacking) = (false, false, None);
    for (place, own) in case.windows.products.iter().enumerate() {
        let Some(product) = catalog.product(own.ix) else {
            continue;
        };
        let mut explanation: Option<ProductExplanation> = None;
        for (vulnerability, pair) in pairs_of(case, place, id) {
            let undecided = pair.undecided().find(|(kb, _)| *kb == id);
            lacking = lacking.or(undecided.map(|(_, condition)| condition.field()));
            let named = pair.named().any(|(_, kb)| kb.id == id);
            if named {
                names_cve |= !pair.group.is_advisory;
                names_advisory |= pair.group.is_advisory;
            }
            let mut judged = pair.judged();
            let Some(judged) = judged.find(|judged| judged.update.id() == Some(id)) else {
                continue;
            };
            let explanation = explanation.get_or_insert_with(|| ProductExplanation {
                product: product.name().to_owned(),
                software: product
                    .software()
                    .map_or("", |ix| catalog.software_id(ix))
                    .to_owned(),
                evidence: case.evidence(judged.place, assessor),
                vulnerable: Vec::new(),
                fixed: Vec::new(),
                fixed_by: Vec::new(),
                alternatives: Vec::new(),
            });
            let vulnerability = catalog.vulnerability(vulnerability);
            explanation.add(vulnerability.map_or("", |v| v.id()), pair, named, id);
        }
        products.extend(explanation.map(|explanation| (!own.is_windows, explanation)));
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
    Some(Explanation {
        id,
        name: kb.title().to_owned(),
        verdict,
        products: products
            .into_iter()
            .map(|(_, explanation)| explanation)
            .collect(),
        lacking: lacking.map(str::to_owned),
    })
}

/// The vulnerabilities of a product that a KB fixes, in order, with what is found of each.
fn pairs_of<'c>(
    case: &'c Case<'_>,
    product: usize,
    id: KbId,
) -> Vec<(VulnerabilityIx, PairFinding<'c>)> {
    let windows = &case.windows;
    let groups = windows.groups.iter().enumerate();
    let of_product = groups.filter(|(_, group)| group.product == product);
    let pairs = of_product.map(|(place, _)| case.pair(place));
    let of_kb = pairs.filter(|pair| pair.judged().any(|j| j.update.id() == Some(id)));
    let mut found: Vec<(VulnerabilityIx, PairFinding<'c>)> = of_kb
        .flat_map(|pair| {
            let of_part = &windows.parts[pair.group.part].vulnerabilities;
            let places = pair.group.vulnerabilities.iter();
            places.map(move |&place| (of_part[place as usize], pair))
        })
        .collect();
    found.sort_by_key(|(vulnerability, _)| *vulnerability);
    found
}

impl ProductExplanation {
    fn add(&mut self, vulnerability: &str, pair: PairFinding<'_>, named: bool, id: KbId) {
        if named {
            self.vulnerable.push(vulnerability.to_owned());
            let others = pair.alternatives().map(|(_, kb)| kb.id);
            merge(&mut self.alternatives, others.filter(|&kb| kb != id));
            return;
        }
        let present = pair.judged().filter(|judged| judged.standing.is_present());
        let by: Vec<KbId> = present.filter_map(|judged| judged.update.id()).collect();
        if !by.is_empty() {
            self.fixed.push(vulnerability.to_owned());
            merge(&mut self.fixed_by, by);
        }
    }
}

fn merge(into: &mut Vec<KbId>, more: impl IntoIterator<Item = KbId>) {
    let all: BTreeSet<KbId> = into.drain(..).chain(more).collect();
    into.extend(all);
}
