//! Documents about single CVEs, beside months: a CVE that no month has goes into the month
//! of its first release; of the others only the facts that a month lacks are taken. Why is
//! said where they are read (`kbgap_feed::csaf`).

use std::borrow::Cow;
use std::collections::{BTreeMap, HashMap};

use crate::feed::Feed;
use crate::month::Month;
use crate::record::{DocumentRecord, FixRecord, ProductRecord, VulnerabilityRecord};

/// The months, and what there is to add to them.
pub(super) struct Merged<'a> {
    /// The months with the CVEs that only advisories have, oldest first.
    pub(super) documents: Vec<Cow<'a, DocumentRecord>>,
    /// What advisories say of the CVEs of months.
    pub(super) notes: HashMap<&'a str, Vec<&'a VulnerabilityRecord>>,
}

/// A vulnerability with the products of its document.
type Addition<'a> = (&'a [ProductRecord], &'a VulnerabilityRecord);

pub(super) fn merge<'a>(months: &[&'a DocumentRecord], feed: &'a Feed) -> Merged<'a> {
    // An id that a month knows goes by the name that the newest one gives it.
    let mut names: HashMap<&str, &str> = HashMap::new();
    let mut notes: HashMap<&str, Vec<&VulnerabilityRecord>> = HashMap::new();
    if !feed.advisories.is_empty() {
        for month in months {
            names.extend(
                month
                    .products
                    .iter()
                    .map(|p| (p.id.as_str(), p.name.as_str())),
            );
            notes.extend(
                month
                    .vulnerabilities
                    .iter()
                    .map(|v| (v.id.as_str(), Vec::new())),
            );
        }
    }
    let mut advisories: Vec<&DocumentRecord> = feed.advisories.iter().collect();
    advisories.sort_by(|a, b| a.id.cmp(&b.id));
    let mut additions: BTreeMap<Month, Vec<Addition<'a>>> = BTreeMap::new();
    for advisory in advisories {
        for vulnerability in &advisory.vulnerabilities {
            match notes.get_mut(vulnerability.id.as_str()) {
                Some(notes) => notes.push(vulnerability),
                None => additions
                    .entry(advisory.month())
                    .or_default()
                    .push((&advisory.products, vulnerability)),
            }
        }
    }
    notes.retain(|_, notes| !notes.is_empty());

    let mut documents: Vec<Cow<'a, DocumentRecord>> = Vec::with_capacity(months.len());
    for &month in months {
        documents.push(match additions.remove(&month.month()) {
            Some(more) => Cow::Owned(with(month.clone(), &more, &names)),
            None => Cow::Borrowed(month),
        });
    }
    let without_month = additions.into_iter();
    documents
        .extend(without_month.map(|(month, more)| Cow::Owned(with(empty(month), &more, &names))));
    documents.sort_by(|a, b| (a.month(), &a.id).cmp(&(b.month(), &b.id)));
    Merged { documents, notes }
}

/// What the vendor's document of a month would be without anything in it.
fn empty(month: Month) -> DocumentRecord {
    DocumentRecord {
        id: month.to_string(),
        title: month.title(),
        initial_release: 0,
        current_release: 0,
        revision: String::new(),
        products: Vec::new(),
        vulnerabilities: Vec::new(),
        odd_values: Vec::new(),
    }
}

fn with(
    mut document: DocumentRecord,
    additions: &[Addition<'_>],
    names: &HashMap<&str, &str>,
) -> DocumentRecord {
    let positions = document.products.iter().zip(0_u32..);
    let mut positions: HashMap<String, u32> = positions
        .map(|(product, at)| (product.id.clone(), at))
        .collect();
    for (products, vulnerability) in additions {
        let mut position_of = |local: u32| {
            let product = products.get(local as usize)?;
            if let Some(&position) = positions.get(&product.id) {
                return Some(position);
            }
            let position = u32::try_from(document.products.len()).ok()?;
            let name = names.get(product.id.as_str());
            document.products.push(ProductRecord {
                id: product.id.clone(),
                name: name.map_or_else(|| product.name.clone(), |name| (*name).to_owned()),
            });
            positions.insert(product.id.clone(), position);
            Some(position)
        };
        let fixes = vulnerability.fixes.iter().map(|fix| {
            let own = fix.products.iter();
            let own = own.filter_map(|&(local, severity)| Some((position_of(local)?, severity)));
            FixRecord {
                products: own.collect(),
                ..fix.clone()
            }
        });
        let fixes = fixes.collect();
        document.vulnerabilities.push(VulnerabilityRecord {
            fixes,
            ..(*vulnerability).clone()
        });
    }
    document
}
