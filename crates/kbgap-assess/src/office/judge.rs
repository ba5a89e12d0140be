//! Which updates of Office by Windows Installer are present on a machine.

use std::collections::BTreeMap;
use std::sync::OnceLock;

use kbgap_catalog::{Architecture, Catalog, Component, KbIx, Product, ProductIx};

use super::Office;
use super::application::{Application, OfficeYear, of_product};
use crate::assessor::Assessor;
use crate::beside::{Applied, Choice, Standing};
use crate::evidence::Evidence;

const BITS: &str = "32 or 64 bits of the software";

/// The Offices of the feed, read when the first machine has one.
pub(crate) struct Offices {
    products: OnceLock<Vec<OfficeProduct>>,
}

struct OfficeProduct {
    ix: ProductIx,
    application: Application,
    year: OfficeYear,
    /// `None` where there is no other.
    bits: Option<Architecture>,
    /// In order, each once.
    kbs: Vec<KbIx>,
}

impl Offices {
    pub(crate) const fn new() -> Self {
        Self {
            products: OnceLock::new(),
        }
    }

    fn products(&self, catalog: &Catalog) -> &[OfficeProduct] {
        self.products.get_or_init(|| {
            let of_feed = catalog.products();
            let of_feed = of_feed.filter(|p| p.component() == Some(Component::Office));
            of_feed.filter_map(OfficeProduct::of).collect()
        })
    }

    /// The products that apply to a release on a machine, with their updates judged.
    ///
    /// # Errors
    /// What is lacking for that.
    pub(crate) fn judge(
        &self,
        office: &Office,
        machine: Option<Architecture>,
        listed: &[KbIx],
        assessor: &Assessor,
    ) -> Result<Vec<Applied>, &'static str> {
        let products = self.products(assessor.catalog());
        match office.has_service_pack {
            Some(true) => {}
            None if office.year == OfficeYear::Y2016 => {}
            None => return Err("software version"),
            Some(false) => return Err("its service pack in the feed"),
        }
        let listed_own: Vec<KbIx> = listed
            .iter()
            .filter(|kb| products.iter().any(|product| product.has(**kb)))
            .copied()
            .collect();
        if listed_own.is_empty() && !office.lists_updates {
            return Err("Office updates");
        }
        // On a Windows of 32 bits there is nothing else.
        let bits = office
            .bits
            .or(machine.filter(|machine| *machine == Architecture::X86));
        let superseded = assessor
            .supersedence()
            .below(&listed_own, assessor.catalog());
        let standing = |kb: KbIx, other: Option<&OfficeProduct>| {
            if listed_own.binary_search(&kb).is_ok() {
                return Standing::Present(Evidence::Listed);
            }
            if superseded.contains(kb.position()) {
                let (supersedence, catalog) = (assessor.supersedence(), assessor.catalog());
                let chain = supersedence.chain(&listed_own, kb, catalog);
                return Standing::Present(Evidence::Supersedence { chain });
            }
            match other {
                Some(other) if !other.has(kb) => Standing::Undecided(BITS),
                _ => Standing::Missing(Evidence::NotListed),
            }
        };
        let own = products.iter().filter(|product| {
            product.year == office.year && office.applications.contains(&product.application)
        });
        let applied = own.filter_map(|product| {
            // Where nothing tells the bits, one product stands for both, as far as they
            // have the same updates.
            let other = match (product.bits, bits) {
                (Some(of), Some(bits)) if of != bits => return None,
                (Some(Architecture::X86), None) => return None,
                (Some(_), None) => Some(product.other(products)?),
                _ => None,
            };
            let kbs = product.kbs.iter();
            Some(Applied {
                product: product.ix,
                choice: Choice::EveryChain,
                standings: kbs
                    .map(|&kb| (kb, standing(kb, other)))
                    .collect::<BTreeMap<_, _>>(),
            })
        });
        Ok(applied.collect())
    }
}

impl OfficeProduct {
    fn of(product: Product<'_>) -> Option<Self> {
        let (application, year, bits) = of_product(product.name())?;
        let mut kbs: Vec<KbIx> = product.fixes().filter_map(|fix| fix.kb_ix()).collect();
        kbs.sort_unstable();
        kbs.dedup();
        Some(Self {
            ix: product.ix,
            application,
            year,
            bits,
            kbs,
        })
    }

    fn has(&self, kb: KbIx) -> bool {
        self.kbs.binary_search(&kb).is_ok()
    }

    /// The same application of the other edition.
    fn other<'p>(&self, products: &'p [Self]) -> Option<&'p Self> {
        products.iter().find(|other| {
            (other.application, other.year) == (self.application, self.year)
                && other.bits != self.bits
        })
    }
}
