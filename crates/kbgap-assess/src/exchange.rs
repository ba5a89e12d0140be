//! Exchange Server (section 5, table of branches). Security updates are made for a
//! cumulative update, which the first three parts of a version tell; the feed has a product
//! for each.

mod entry;
mod table;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::OnceLock;

use kbgap_catalog::{
    Catalog, Component, KbId, KbIx, Month, Product, ProductIx, Version, versions_in,
};
use serde::{Deserialize, Serialize};

use crate::assessor::Assessor;
use crate::beside::{Applied, Choice, Standing};
use crate::cumulative::{Compared, Line, LineFix};
use crate::evidence::Evidence;

pub use entry::ExchangeEntry;
use table::{Cumulative, three_parts};

/// The software that every Exchange counts for.
pub(crate) const EXCHANGE: &str = "microsoft-_-exchange_server";

/// What the software list tells of Exchange; a machine has one.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct ExchangeServer {
    /// The highest version that an entry tells.
    pub version: Option<Version>,
}

impl ExchangeServer {
    /// What entries tell together; `None` without a server.
    pub(crate) fn of_entries(entries: &[ExchangeEntry]) -> Option<Self> {
        let is_server = entries.iter().any(|entry| entry.is_server);
        is_server.then(|| Self {
            version: entries.iter().filter_map(|entry| entry.version).max(),
        })
    }
}

/// The Exchange servers of the feed, read when the first machine has one.
pub(crate) struct Exchanges {
    known: OnceLock<Known>,
}

struct Known {
    products: Vec<ExchangeProduct>,
    /// The versions that a KB brings, over all products: the feed has some of them under
    /// another product (5037224).
    versions: BTreeMap<KbIx, BTreeSet<Version>>,
}

struct ExchangeProduct {
    ix: ProductIx,
    cumulative: &'static Cumulative,
    /// In order, each once.
    kbs: BTreeMap<KbIx, (KbId, Month)>,
}

impl Exchanges {
    pub(crate) const fn new() -> Self {
        Self {
            known: OnceLock::new(),
        }
    }

    fn known(&self, catalog: &Catalog) -> &Known {
        self.known.get_or_init(|| Known::of(catalog))
    }

    /// The product that applies to a server, with its updates judged.
    ///
    /// # Errors
    /// What is lacking for that.
    pub(crate) fn judge(
        &self,
        server: ExchangeServer,
        listed: &[KbIx],
        assessor: &Assessor,
    ) -> Result<Applied, &'static str> {
        let installed = server.version.ok_or("software version")?;
        let known = self.known(assessor.catalog());
        let product = Cumulative::of_version(&installed)
            .and_then(|own| known.products.iter().find(|p| p.cumulative == own))
            .ok_or("its cumulative update in the feed")?;
        let fixes: Vec<LineFix<Version>> = known.fixes(product).collect();
        let line = Line::of(installed, listed, fixes.iter(), assessor);
        let standings = fixes.iter().map(|fix| {
            let told = |compared: Compared<Version>| told(compared, None);
            let present = line.present(fix, assessor, told);
            let missing = || known.missing(fix, &line, product.cumulative);
            (fix.kb, present.unwrap_or_else(missing))
        });
        Ok(Applied {
            product: product.ix,
            choice: Choice::Any,
            standings: standings.collect(),
        })
    }

    /// That the feed went on to later cumulative updates than a server has: it names no
    /// fixes for this one any more, so that it seems to miss less than it does.
    pub(crate) fn warning(&self, server: ExchangeServer, catalog: &Catalog) -> Option<String> {
        let own = Cumulative::of_version(&server.version?)?;
        let products = self.known(catalog).products.iter();
        let of_release = products.filter(|p| p.cumulative.release == own.release);
        let last = |product: &ExchangeProduct| product.kbs.values().map(|(_, month)| *month).max();
        let last_own = of_release
            .clone()
            .find(|p| p.cumulative == own)
            .and_then(last)?;
        let newest = of_release
            .filter(|p| p.cumulative.number > own.number && last(p) > Some(last_own))
            .max_by_key(|p| p.cumulative.number)?;
        Some(format!(
            "the feed names no fixes for Exchange Server {} CU {} after {last_own}: what was fixed since needs a \
             later one, of which {} is the newest that the feed knows",
            own.release,
            own.number,
            newest.cumulative.name()
        ))
    }
}

impl Known {
    fn of(catalog: &Catalog) -> Self {
        let of_feed = || {
            let products = catalog.products();
            products.filter(|p| p.component() == Some(Component::Exchange))
        };
        let mut versions: BTreeMap<KbIx, BTreeSet<Version>> = BTreeMap::new();
        for fix in of_feed().flat_map(Product::fixes) {
            if let Some(kb) = fix.kb_ix() {
                versions
                    .entry(kb)
                    .or_default()
                    .extend(versions_in(fix.fixed_build()));
            }
        }
        Self {
            products: of_feed().filter_map(ExchangeProduct::of).collect(),
            versions,
        }
    }

    /// The updates of a product, in the version that each brings to it.
    fn fixes<'k>(
        &'k self,
        product: &'k ExchangeProduct,
    ) -> impl Iterator<Item = LineFix<Version>> + 'k {
        product.kbs.iter().map(|(&kb, &(id, month))| {
            let versions = self.versions.get(&kb).into_iter().flatten();
            let mut own = versions.filter(|v| three_parts(v) == Some(product.cumulative.parts));
            LineFix {
                kb,
                id,
                month,
                version: own.next_back().copied(),
            }
        })
    }

    /// What an update is of which nothing proves that it is present.
    fn missing(&self, fix: &LineFix<Version>, line: &Line<Version>, own: &Cumulative) -> Standing {
        let compared = |fixed: Version| Compared {
            machine: line.highest(),
            fix: fixed,
            from: line.derived_from(),
        };
        if let Some(fixed) = fix.version {
            return Standing::Missing(told(compared(fixed), None));
        }
        let versions = self.versions.get(&fix.kb).into_iter().flatten();
        let of_release: Option<Vec<(&Cumulative, Version)>> = versions
            .filter(|version| version.parts().get(1) == own.parts.get(1))
            .map(|version| Some((Cumulative::of_version(version)?, *version)))
            .collect();
        // All of later cumulative updates: one of them has to be there first.
        let later = of_release.filter(|all| all.iter().all(|(of, _)| of.parts > own.parts));
        match later.and_then(|all| all.into_iter().min_by_key(|(of, _)| of.parts)) {
            Some((of, fixed)) => Standing::Missing(told(compared(fixed), Some(of.name()))),
            None => line.unknown(fix),
        }
    }
}

impl ExchangeProduct {
    fn of(product: Product<'_>) -> Option<Self> {
        let kbs = product.fixes().filter_map(|fix| {
            let kb = fix.kb()?;
            Some((fix.kb_ix()?, (kb.id()?, kb.month())))
        });
        Some(Self {
            ix: product.ix,
            cumulative: Cumulative::of_product(product.name())?,
            kbs: kbs.collect(),
        })
    }
}

fn told(compared: Compared<Version>, requires: Option<String>) -> Evidence {
    Evidence::Version {
        machine: compared.machine.to_string(),
        fix: compared.fix.to_string(),
        from: compared.from,
        requires,
    }
}
