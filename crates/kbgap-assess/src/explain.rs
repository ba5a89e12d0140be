//! Why one KB is missing, present or not meant for a machine (section 8): the
//! same decisions as [`assess`](crate::assess), told in full.

use std::collections::BTreeSet;

use kbgap_catalog::{Catalog, Fix, KbId, KbIx, Product, VulnerabilityIx};
use serde::Serialize;

use crate::assessor::Assessor;
use crate::beside::{Beside, Outcome as PairOutcome, Standing};
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
    let kb = assessor.catalog().kb(id)?;
    let mut outcome = Outcome::default();
    let mut products = of_windows(case, id, &mut outcome, assessor);
    products.sort_by(|a, b| {
        (a.0, &a.1.software, &a.1.product).cmp(&(b.0, &b.1.software, &b.1.product))
    });
    let products = products.into_iter().map(|(_, explanation)| explanation);
    let mut products: Vec<ProductExplanation> = products.collect();
    let ix = assessor.catalog().kb_ix(id)?;
    products.extend(of_beside(
        case,
        assessor.beside(case),
        ix,
        &mut outcome,
        assessor,
    ));
    Some(Explanation {
        id,
        name: kb.title().to_owned(),
        verdict: outcome.verdict(products.is_empty()),
        products,
        lacking: outcome.lacking.map(str::to_owned),
    })
}

/// What is found about a KB over all products.
#[derive(Default)]
struct Outcome {
    names_cve: bool,
    names_advisory: bool,
    lacking: Option<&'static str>,
}

impl Outcome {
    fn name(&mut self, is_advisory: bool) {
        self.names_cve |= !is_advisory;
        self.names_advisory |= is_advisory;
    }

    const fn verdict(&self, is_for_none: bool) -> ExplanationVerdict {
        match () {
            () if is_for_none => ExplanationVerdict::NotApplicable,
            () if self.names_cve => ExplanationVerdict::Missing,
            () if self.lacking.is_some() => ExplanationVerdict::NotAssessed,
            () if self.names_advisory => ExplanationVerdict::Advisory,
            () => ExplanationVerdict::Present,
        }
    }
}

/// The products of Windows and its parts, each with whether it is a part.
fn of_windows(
    case: &Case<'_>,
    id: KbId,
    outcome: &mut Outcome,
    assessor: &Assessor,
) -> Vec<(bool, ProductExplanation)> {
    let catalog = assessor.catalog();
    let mut products = Vec::new();
    for (place, own) in case.windows.products.iter().enumerate() {
        let Some(product) = catalog.product(own.ix) else {
            continue;
        };
        let mut explanation: Option<ProductExplanation> = None;
        for (vulnerability, pair) in pairs_of(case, place, id) {
            let undecided = pair.undecided().find(|(kb, _)| *kb == id);
            let lacking = undecided.map(|(_, condition)| condition.field());
            outcome.lacking = outcome.lacking.or(lacking);
            let named = pair.named().any(|(_, kb)| kb.id == id);
            if named {
                outcome.name(pair.group.is_advisory);
            }
            let mut judged = pair.judged();
            let Some(judged) = judged.find(|judged| judged.update.id() == Some(id)) else {
                continue;
            };
            let explanation = explanation.get_or_insert_with(|| {
                let evidence = case.evidence(judged.place, assessor);
                ProductExplanation::new(product, evidence, catalog)
            });
            let vulnerability = catalog.vulnerability(vulnerability);
            explanation.add(vulnerability.map_or("", |v| v.id()), pair, named, id);
        }
        products.extend(explanation.map(|explanation| (!own.is_windows, explanation)));
    }
    products
}

/// The products beside Windows.
fn of_beside(
    case: &Case<'_>,
    beside: &Beside,
    id: KbIx,
    outcome: &mut Outcome,
    assessor: &Assessor,
) -> Vec<ProductExplanation> {
    let catalog = assessor.catalog();
    let explained = beside.applied.iter().filter_map(|applied| {
        let product = catalog.product(applied.product)?;
        let evidence = match applied.standings.get(&id)? {
            Standing::Present(evidence) | Standing::Missing(evidence) => evidence.clone(),
            Standing::PresentWithWindows => case.windows.frameworks.evidence(id, case, assessor),
            Standing::Undecided(_) => Evidence::NotListed,
        };
        let mut explanation = ProductExplanation::new(product, evidence, catalog);
        let fixes: Vec<Fix<'_>> = product.fixes().collect();
        for pair in fixes.chunk_by(|a, b| a.vulnerability_ix() == b.vulnerability_ix()) {
            if pair.iter().all(|fix| fix.kb_ix() != Some(id)) {
                continue;
            }
            let vulnerability = pair[0].vulnerability();
            let found = PairOutcome::of(pair, applied, assessor);
            let undecided = found.undecided.iter().find(|(kb, _)| *kb == id);
            outcome.lacking = outcome.lacking.or(undecided.map(|(_, lacking)| *lacking));
            if found.is_fixed {
                explanation.fixed.push(vulnerability.id().to_owned());
                merge(&mut explanation.fixed_by, found.present);
            } else if found.missing.iter().any(|(kb, _)| *kb == id) {
                outcome.name(vulnerability.is_advisory());
                explanation.vulnerable.push(vulnerability.id().to_owned());
                merge(&mut explanation.alternatives, found.alternatives);
            }
        }
        Some(explanation)
    });
    explained.collect()
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
    fn new(product: Product<'_>, evidence: Evidence, catalog: &Catalog) -> Self {
        let software = product.software();
        Self {
            product: product.name().to_owned(),
            software: software.map_or("", |ix| catalog.software_id(ix)).to_owned(),
            evidence,
            vulnerable: Vec::new(),
            fixed: Vec::new(),
            fixed_by: Vec::new(),
            alternatives: Vec::new(),
        }
    }

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
