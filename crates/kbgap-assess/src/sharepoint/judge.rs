//! Which updates of SharePoint are present on a machine.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::OnceLock;

use kbgap_catalog::{
    Catalog, Component, KbId, KbIx, Month, Product, ProductIx, Version, versions_in,
};

use super::SharePoint;
use super::name::{Part, of_product};
use super::version::{SharePointBuild, SharePointVersion};
use crate::assessor::Assessor;
use crate::beside::{Applied, Choice, Standing};
use crate::bits::Bits;
use crate::cumulative::{LineFix, UNKNOWN_BUILD};
use crate::evidence::Evidence;

/// The SharePoints of the feed, read when the first machine has one.
pub(crate) struct SharePoints {
    products: OnceLock<Vec<SharePointProduct>>,
}

struct SharePointProduct {
    ix: ProductIx,
    part: Part,
    version: SharePointVersion,
    /// In order, each once.
    fixes: Vec<SharePointFix>,
}

type SharePointFix = LineFix<SharePointBuild>;

impl SharePoints {
    pub(crate) const fn new() -> Self {
        Self {
            products: OnceLock::new(),
        }
    }

    fn products(&self, catalog: &Catalog) -> &[SharePointProduct] {
        self.products.get_or_init(|| {
            let of_feed = catalog.products();
            let of_feed = of_feed.filter(|p| p.component() == Some(Component::SharePoint));
            let named: Vec<(Product<'_>, Part, SharePointVersion)> = of_feed
                .filter_map(|product| {
                    let (part, version) = of_product(product.name())?;
                    Some((product, part, version))
                })
                .collect();
            let versions_of = versions_of(&named);
            let products = named.iter();
            products
                .map(|&(product, part, version)| SharePointProduct {
                    ix: product.ix,
                    part,
                    version,
                    fixes: fixes(product, version, &versions_of),
                })
                .collect()
        })
    }

    /// The products that apply to a server, with their updates judged.
    ///
    /// # Errors
    /// What is lacking for that.
    pub(crate) fn judge(
        &self,
        server: SharePoint,
        listed: &[KbIx],
        assessor: &Assessor,
    ) -> Result<Vec<Applied>, &'static str> {
        let version = server.version.ok_or("software version")?;
        if !server
            .build
            .is_none_or(|build| version.has_service_pack(build))
        {
            return Err("its service pack in the feed");
        }
        let products = self.products(assessor.catalog()).iter();
        let applies = |product: &&SharePointProduct| {
            product.version == version
                && (product.part == Part::Foundation || !server.is_foundation)
        };
        let own: Vec<&SharePointProduct> = products.filter(applies).collect();
        if own.is_empty() {
            return Err("its updates in the feed");
        }
        let known = Known::of(server, version, &own, listed, assessor);
        let applied = own.iter().map(|product| Applied {
            product: product.ix,
            choice: Choice::EveryChain,
            standings: product
                .fixes
                .iter()
                .map(|fix| (fix.kb, known.standing(fix, product.part, assessor)))
                .collect(),
        });
        Ok(applied.collect())
    }
}

/// What is present on a server beyond any single update.
struct Known<'a> {
    version: SharePointVersion,
    installed: Option<SharePointBuild>,
    listed: &'a [KbIx],
    /// By themselves, in order.
    present: Vec<KbIx>,
    superseded: Bits,
    /// The newest month of an update that the build proves.
    covered: Option<(Month, KbId)>,
    /// Whether the list of updates has those of SharePoint: only then does a KB lack in it.
    lists_updates: bool,
}

impl<'a> Known<'a> {
    fn of(
        server: SharePoint,
        version: SharePointVersion,
        own: &[&SharePointProduct],
        listed: &'a [KbIx],
        assessor: &Assessor,
    ) -> Self {
        let fixes = own.iter().flat_map(|product| &product.fixes);
        let is_below = |fix: &&SharePointFix| fix.version.is_some() && fix.version <= server.build;
        let by_build = fixes.clone().filter(is_below);
        let is_listed = |fix: &&SharePointFix| listed.binary_search(&fix.kb).is_ok();
        let listed_own = fixes.filter(is_listed);
        let present = by_build.clone().chain(listed_own.clone());
        let present: BTreeSet<KbIx> = present.map(|fix| fix.kb).collect();
        let present: Vec<KbIx> = present.into_iter().collect();
        Self {
            version,
            installed: server.build,
            listed,
            superseded: assessor.supersedence().below(&present, assessor.catalog()),
            present,
            covered: by_build.map(|fix| (fix.month, fix.id)).max(),
            lists_updates: listed_own.count() > 0,
        }
    }

    fn standing(&self, fix: &SharePointFix, part: Part, assessor: &Assessor) -> Standing {
        let compared = self.installed.zip(fix.version).map(|(own, fixed)| {
            let evidence = Evidence::Version {
                machine: self.version.shown(own),
                fix: self.version.shown(fixed),
                from: None,
                requires: None,
            };
            (fixed <= own, evidence)
        });
        let missing = match compared {
            Some((true, evidence)) => return Standing::Present(evidence),
            Some((false, evidence)) => evidence,
            None => Evidence::NotListed,
        };
        if self.listed.binary_search(&fix.kb).is_ok() {
            return Standing::Present(Evidence::Listed);
        }
        if self.superseded.contains(fix.kb.position()) {
            let (supersedence, catalog) = (assessor.supersedence(), assessor.catalog());
            let chain = supersedence.chain(&self.present, fix.kb, catalog);
            return Standing::Present(Evidence::Supersedence { chain });
        }
        let covered = self.covered.filter(|(month, _)| *month > fix.month);
        match covered.filter(|_| fix.version.is_none()) {
            Some((month, through)) => Standing::Present(Evidence::Series { month, through }),
            None if part == Part::Service => Standing::Undecided("whether the service runs"),
            None if self.installed.is_none() => Standing::Undecided("software version"),
            None if fix.version.is_none() && !self.lists_updates => {
                Standing::Undecided(UNKNOWN_BUILD)
            }
            None => Standing::Missing(missing),
        }
    }
}

/// The versions that have each KB.
fn versions_of(
    products: &[(Product<'_>, Part, SharePointVersion)],
) -> BTreeMap<KbIx, BTreeSet<SharePointVersion>> {
    let mut versions: BTreeMap<KbIx, BTreeSet<SharePointVersion>> = BTreeMap::new();
    for (product, _, version) in products {
        for kb in product.fixes().filter_map(|fix| fix.kb_ix()) {
            versions.entry(kb).or_default().insert(*version);
        }
    }
    versions
}

/// The updates of a product. A build of another version is a mistake: of the build, or of
/// the product where the KB is also one of that version (5002680 is for 2019, and stands
/// under the language pack of Subscription Edition).
fn fixes(
    product: Product<'_>,
    version: SharePointVersion,
    versions_of: &BTreeMap<KbIx, BTreeSet<SharePointVersion>>,
) -> Vec<SharePointFix> {
    let fixes = SharePointFix::of_product(product, |fix, kb, _| {
        let told: Vec<(SharePointVersion, SharePointBuild)> = versions_in(fix.fixed_build())
            .filter_map(|told: Version| SharePointVersion::of_build(&told, version))
            .collect();
        let own = told.iter().filter(|(of, _)| *of == version);
        let build = own.map(|(_, build)| *build).max();
        let is_of = |of: &SharePointVersion| versions_of.get(&kb).is_some_and(|v| v.contains(of));
        let is_mistake = build.is_none() && told.iter().any(|(of, _)| is_of(of));
        (!is_mistake).then_some(build)
    });
    fixes.map(|(fix, _)| fix).collect()
}
