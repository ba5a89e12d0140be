//! One Windows with its parts, compiled for the rules: what is the same for all of its
//! machines. Vulnerabilities that the same updates fix in the same product are one group,
//! so that a month of a hundred CVEs is one decision.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::{Arc, OnceLock};

use kbgap_catalog::{
    Catalog, Component, Fix, KbId, KbIx, Product, ProductIx, SoftwareIx, VulnerabilityIx,
};

use crate::bits::Bits;
use crate::dot_net::Frameworks;
use crate::family::FamilyUpdates;
use crate::memo::Memo;
use crate::outline::{OutlineKey, OutlinedSoftware};
use crate::platform::MachinePlatform;
use crate::supersedence::Supersedence;
use crate::totals::Totals;
use crate::update::Update;

/// One Windows with its parts. Places are those of its own tables.
pub(crate) struct Windows {
    /// The name that the feed gives to the platform itself.
    pub(crate) name: Arc<str>,
    /// The same Windows for another architecture, of which the feed knows more.
    pub(crate) better_known: Option<String>,
    /// Windows first, then what is part of it, in order.
    pub(crate) software: Arc<[SoftwareIx]>,
    pub(crate) products: Vec<PlatformProduct>,
    pub(crate) parts: Vec<Part>,
    pub(crate) updates: Vec<Update>,
    /// The KB of each update: its place in [`Windows::kbs`].
    pub(crate) kb_places: Vec<Option<usize>>,
    /// The KBs of the updates, in order.
    pub(crate) kbs: Vec<(KbIx, KbId)>,
    /// Product by product, in the order of each group's first vulnerability.
    pub(crate) groups: Vec<Group>,
    pub(crate) family: FamilyUpdates,
    pub(crate) frameworks: Frameworks,
    /// What was found on machines with the same groups open.
    pub(crate) outlines: Memo<OutlineKey, Arc<[OutlinedSoftware]>>,
    totals: OnceLock<Vec<Totals>>,
    below: Box<[OnceLock<Bits>]>,
}

/// A product of a platform.
pub(crate) struct PlatformProduct {
    pub(crate) ix: ProductIx,
    /// The place in [`Windows::parts`].
    pub(crate) part: usize,
    pub(crate) is_windows: bool,
}

/// A software of a platform.
pub(crate) struct Part {
    /// `None` where the mapping does not reach it.
    pub(crate) software: Option<SoftwareIx>,
    /// All vulnerabilities of its products, in order.
    pub(crate) vulnerabilities: Vec<VulnerabilityIx>,
}

/// Vulnerabilities of one product with the same updates.
pub(crate) struct Group {
    /// The place in [`Windows::products`].
    pub(crate) product: usize,
    /// The place in [`Windows::parts`].
    pub(crate) part: usize,
    /// Places in [`Windows::updates`].
    pub(crate) updates: Box<[usize]>,
    /// Advisories are no CVEs: they add nothing to a row.
    pub(crate) is_advisory: bool,
    /// Places in [`Part::vulnerabilities`], ascending.
    pub(crate) vulnerabilities: Box<[u32]>,
}

impl Windows {
    pub(crate) fn of(platform: &MachinePlatform<'_>, catalog: &Catalog) -> Self {
        let mut tables = Tables::default();
        for product in &platform.products {
            tables.add(*product);
        }
        let (parts, groups) = tables.placed(catalog);
        let kbs: BTreeSet<(KbIx, KbId)> = (tables.updates.iter())
            .filter_map(|update| update.kb.map(|kb| (kb.ix, kb.id)))
            .collect();
        let kbs: Vec<(KbIx, KbId)> = kbs.into_iter().collect();
        let place = |update: &Update| {
            let ix = update.kb?.ix;
            kbs.binary_search_by_key(&ix, |&(kb, _)| kb).ok()
        };
        Self {
            name: platform.name.into(),
            better_known: platform.better_known.map(str::to_owned),
            software: software_of(platform),
            parts,
            kb_places: tables.updates.iter().map(place).collect(),
            groups,
            family: FamilyUpdates::of(platform, &kbs, catalog),
            frameworks: Frameworks::of(
                &platform.frameworks,
                platform.platform.release.build,
                tables.of_windows_itself(),
            ),
            outlines: Memo::new(),
            totals: OnceLock::new(),
            below: kbs.iter().map(|_| OnceLock::new()).collect(),
            products: tables.products,
            updates: tables.updates,
            kbs,
        }
    }

    /// What each KB amounts to over all products, by its place.
    pub(crate) fn totals(&self, catalog: &Catalog) -> &[Totals] {
        self.totals.get_or_init(|| Totals::of_all(self, catalog))
    }

    /// Those of a set of KBs that another of the set supersedes, in any number of
    /// steps. Of KBs that supersede each other in a loop, none is left out for it.
    pub(crate) fn superseded_within(
        &self,
        kbs: &Bits,
        supersedence: &Supersedence,
        catalog: &Catalog,
    ) -> Bits {
        let mut superseded = Bits::new(self.kbs.len());
        for newer in kbs.iter() {
            let below = self.below(newer, supersedence, catalog);
            for older in below.both(kbs) {
                if !superseded.contains(older)
                    && !self.below(older, supersedence, catalog).contains(newer)
                {
                    superseded.insert(older);
                }
            }
        }
        superseded
    }

    /// What a KB supersedes among the KBs of this Windows.
    fn below(&self, place: usize, supersedence: &Supersedence, catalog: &Catalog) -> &Bits {
        self.below[place].get_or_init(|| {
            let below = supersedence.below(&[self.kbs[place].0], catalog);
            let mut own = Bits::new(self.kbs.len());
            for (place, (kb, _)) in self.kbs.iter().enumerate() {
                if below.contains(kb.position()) {
                    own.insert(place);
                }
            }
            own
        })
    }
}

/// Windows first, then what is part of it, in order.
fn software_of(platform: &MachinePlatform<'_>) -> Arc<[SoftwareIx]> {
    let ranked: BTreeSet<(bool, SoftwareIx)> = platform
        .products
        .iter()
        .filter_map(|p| Some((p.component() != Some(Component::Windows), p.software()?)))
        .collect();
    let mut software: Vec<SoftwareIx> = ranked.into_iter().map(|(_, s)| s).collect();
    software.dedup();
    software.into()
}

/// What an update is to the rules, as long as it is not looked up.
type UpdateId = (Option<KbIx>, kbgap_catalog::Subtype, Option<u32>);

/// The tables of a Windows, growing.
#[derive(Default)]
struct Tables {
    products: Vec<PlatformProduct>,
    parts: Vec<Option<SoftwareIx>>,
    updates: Vec<Update>,
    places: HashMap<UpdateId, usize>,
    groups: Vec<GrowingGroup>,
}

struct GrowingGroup {
    product: usize,
    part: usize,
    updates: Box<[usize]>,
    is_advisory: bool,
    vulnerabilities: Vec<VulnerabilityIx>,
}

impl Tables {
    fn add(&mut self, product: Product<'_>) {
        let software = product.software();
        let part = (self.parts.iter().position(|&part| part == software)).unwrap_or_else(|| {
            self.parts.push(software);
            self.parts.len() - 1
        });
        let place = self.products.len();
        self.products.push(PlatformProduct {
            ix: product.ix,
            part,
            is_windows: product.component() == Some(Component::Windows),
        });
        let mut known: HashMap<(bool, Box<[usize]>), usize> = HashMap::new();
        let fixes: Vec<Fix<'_>> = product.fixes().collect();
        for pair in fixes.chunk_by(|a, b| a.vulnerability_ix() == b.vulnerability_ix()) {
            let updates: Box<[usize]> = pair.iter().map(|&fix| self.update(fix)).collect();
            let is_advisory = pair[0].vulnerability().is_advisory();
            let group = *known
                .entry((is_advisory, updates))
                .or_insert_with_key(|key| {
                    self.groups.push(GrowingGroup {
                        product: place,
                        part,
                        updates: key.1.clone(),
                        is_advisory,
                        vulnerabilities: Vec::new(),
                    });
                    self.groups.len() - 1
                });
            let vulnerabilities = &mut self.groups[group].vulnerabilities;
            vulnerabilities.push(pair[0].vulnerability_ix());
        }
    }

    fn update(&mut self, fix: Fix<'_>) -> usize {
        let id = (fix.kb_ix(), fix.subtype(), fix.revision());
        *self.places.entry(id).or_insert_with(|| {
            self.updates.push(Update::of(fix));
            self.updates.len() - 1
        })
    }

    /// The updates of Windows itself by their KBs: their places.
    fn of_windows_itself(&self) -> BTreeMap<KbIx, Vec<usize>> {
        let groups = self.groups.iter();
        let own = groups.filter(|group| self.products[group.product].is_windows);
        let places: BTreeSet<usize> = own.flat_map(|g| g.updates.iter().copied()).collect();
        let mut updates: BTreeMap<KbIx, Vec<usize>> = BTreeMap::new();
        for place in places {
            if let Some(kb) = self.updates[place].kb {
                updates.entry(kb.ix).or_default().push(place);
            }
        }
        updates
    }

    /// The parts with all vulnerabilities of theirs, and the groups with their places.
    fn placed(&mut self, catalog: &Catalog) -> (Vec<Part>, Vec<Group>) {
        let mut place_of = vec![0_u32; catalog.vulnerabilities().len()];
        let mut groups = Vec::with_capacity(self.groups.len());
        let mut parts = Vec::new();
        for (part, &software) in self.parts.iter().enumerate() {
            let of_part = self.groups.iter().filter(|group| group.part == part);
            let mut vulnerabilities: Vec<VulnerabilityIx> = of_part
                .flat_map(|group| group.vulnerabilities.iter().copied())
                .collect();
            vulnerabilities.sort_unstable();
            vulnerabilities.dedup();
            for (place, vulnerability) in (0..).zip(&vulnerabilities) {
                place_of[vulnerability.position()] = place;
            }
            for group in self.groups.iter().filter(|group| group.part == part) {
                let places = group.vulnerabilities.iter();
                groups.push(Group {
                    product: group.product,
                    part,
                    updates: group.updates.clone(),
                    is_advisory: group.is_advisory,
                    vulnerabilities: places.map(|ix| place_of[ix.position()]).collect(),
                });
            }
            parts.push(Part {
                software,
                vulnerabilities,
            });
        }
        // Stable, so that the groups of a product stay in their order.
        groups.sort_by_key(|group| group.product);
        (parts, groups)
    }
}
