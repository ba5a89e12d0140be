//! Folds product ids and names: the feed has one name under several ids and one
//! id under two spellings (assessment.md, "Traps").

use std::collections::{BTreeMap, BTreeSet, HashMap};

use crate::fold::fold as fold_name;
use crate::layout::{NONE, ProductRow};
use crate::mapping::{ProductMapping, map_product};
use crate::platform::Architecture;
use crate::record::DocumentRecord;
use crate::servicing::Family;
use crate::software::SoftwareId;

use super::fixes::Fix;
use super::texts::Texts;
use crate::layout::Span;
use crate::snapshot::offset;

/// A product after folding.
pub(super) struct Product {
    id: String,
    name: String,
    pub(super) mapping: Option<ProductMapping>,
    /// The servicing family, for Windows and what is part of it.
    pub(super) family: Option<Family>,
    /// How many of its ids some KB fixes.
    ids_with_kb: u16,
}

pub(super) struct Products {
    pub(super) list: Vec<Product>,
    /// For each document, the folded product of each of its products.
    pub(super) by_document: Vec<Vec<u32>>,
    /// All mapped software, in order.
    pub(super) software: Vec<SoftwareId>,
}

pub(super) fn fold(documents: &[&DocumentRecord]) -> Products {
    // Groups are joined by a shared id or a shared folded name.
    let mut group_of_id: HashMap<&str, usize> = HashMap::new();
    let mut group_of_name: HashMap<String, usize> = HashMap::new();
    let mut parents: Vec<usize> = Vec::new();
    let mut spellings: Vec<Vec<(&str, &str)>> = Vec::new();
    let mut by_document: Vec<Vec<usize>> = Vec::with_capacity(documents.len());
    let mut seen: HashMap<(&str, &str), usize> = HashMap::new();
    for document in documents {
        let mut groups = Vec::with_capacity(document.products.len());
        for product in &document.products {
            let (id, name) = (product.id.as_str(), product.name.as_str());
            if let Some(&group) = seen.get(&(id, name)) {
                groups.push(group);
                continue;
            }
            let folded = fold_name(name);
            let by_id = group_of_id.get(id).copied();
            let by_name = group_of_name.get(&folded).copied();
            let group = match (by_id, by_name) {
                (Some(a), Some(b)) => join(&mut parents, a, b),
                (Some(group), None) | (None, Some(group)) => group,
                (None, None) => {
                    parents.push(parents.len());
                    spellings.push(Vec::new());
                    parents.len() - 1
                }
            };
            group_of_id.insert(id, group);
            group_of_name.insert(folded, group);
            spellings[group].push((id, name));
            seen.insert((id, name), group);
            groups.push(group);
        }
        by_document.push(groups);
    }

    // The lowest id and the newest spelling name the product.
    let mut roots: BTreeMap<(usize, &str), (usize, &str)> = BTreeMap::new();
    let mut merged: HashMap<usize, Vec<(&str, &str)>> = HashMap::new();
    for (group, spelled) in spellings.into_iter().enumerate() {
        merged
            .entry(root(&parents, group))
            .or_default()
            .extend(spelled);
    }
    for (&group, spelled) in &merged {
        let id = spelled
            .iter()
            .map(|(id, _)| *id)
            .min_by_key(|id| (id.len(), *id))
            .unwrap_or_default();
        let name = spelled.last().map(|(_, name)| *name).unwrap_or_default();
        roots.insert((id.len(), id), (group, name));
    }
    let mut position_of_root: HashMap<usize, u32> = HashMap::new();
    let mut list = Vec::with_capacity(roots.len());
    for ((_, id), (group, name)) in roots {
        position_of_root.insert(group, u32::try_from(list.len()).unwrap_or(NONE));
        list.push(Product::new(id, name));
    }
    let by_document: Vec<Vec<u32>> = by_document
        .into_iter()
        .map(|groups| {
            let position = |group| position_of_root.get(&root(&parents, group)).copied();
            groups
                .into_iter()
                .map(|group| position(group).unwrap_or(NONE))
                .collect()
        })
        .collect();
    for (position, _) in ids_with_kb(documents, &by_document) {
        list[position as usize].ids_with_kb += 1;
    }
    let software: BTreeSet<SoftwareId> = list
        .iter()
        .filter_map(|p| p.mapping.as_ref())
        .map(|m| m.software.clone())
        .collect();
    Products {
        list,
        by_document,
        software: software.into_iter().collect(),
    }
}

/// The folded products and ids that some KB fixes.
fn ids_with_kb<'a>(
    documents: &[&'a DocumentRecord],
    by_document: &[Vec<u32>],
) -> BTreeSet<(u32, &'a str)> {
    let mut ids = BTreeSet::new();
    for (document, folded) in documents.iter().zip(by_document) {
        let fixes = document.vulnerabilities.iter().flat_map(|v| &v.fixes);
        for (local, _) in fixes.filter(|f| f.kb.is_some()).flat_map(|f| &f.products) {
            if let (Some(product), Some(position)) = (
                document.products.get(*local as usize),
                folded.get(*local as usize),
            ) {
                ids.insert((*position, product.id.as_str()));
            }
        }
    }
    ids
}

fn root(parents: &[usize], mut group: usize) -> usize {
    while parents[group] != group {
        group = parents[group];
    }
    group
}

fn join(parents: &mut [usize], a: usize, b: usize) -> usize {
    let (a, b) = (root(parents, a), root(parents, b));
    let (low, high) = (a.min(b), a.max(b));
    parents[high] = low;
    low
}

impl Product {
    fn new(id: &str, name: &str) -> Self {
        let mapping = map_product(name);
        let family = mapping
            .as_ref()
            .filter(|m| m.component.is_part_of_windows())
            .and_then(|m| Family::of_platform(m.platform.as_ref()?));
        Self {
            id: id.to_owned(),
            name: name.to_owned(),
            mapping,
            family,
            ids_with_kb: 0,
        }
    }

    pub(super) fn name(&self) -> &str {
        &self.name
    }
}

impl Products {
    /// The rows, with the run of each product's fixes, which are sorted by product.
    pub(super) fn rows(&self, fixes: &[Fix<'_>], texts: &mut Texts) -> Vec<ProductRow> {
        let mut start = 0;
        let mut rows = Vec::with_capacity(self.list.len());
        for (position, product) in self.list.iter().enumerate() {
            let count = fixes[start..]
                .iter()
                .take_while(|f| f.product as usize == position)
                .count();
            let mapping = product.mapping.as_ref();
            let platform = mapping.and_then(|m| m.platform);
            let software = mapping.and_then(|m| self.software.binary_search(&m.software).ok());
            rows.push(ProductRow {
                id: texts.intern(&product.id),
                name: texts.intern(&product.name),
                fixes: Span {
                    start: offset(start),
                    end: offset(start + count),
                },
                software: software.map_or(NONE.into(), offset),
                release: platform.map_or(u16::MAX, |p| p.release.number()).into(),
                architecture: platform.map_or(0, |p| architecture_number(p.architecture)),
                server_core: platform.is_some_and(|p| p.server_core).into(),
                component: mapping.map_or(u8::MAX, |m| m.component as u8),
                ids_with_kb: product.ids_with_kb.into(),
            });
            start += count;
        }
        rows
    }
}

fn architecture_number(architecture: Architecture) -> u8 {
    match architecture {
        Architecture::X64 => 1,
        Architecture::X86 => 2,
        Architecture::Arm64 => 3,
    }
}
