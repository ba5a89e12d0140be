//! Which updates of SQL Server are present on a machine.

use std::collections::BTreeMap;
use std::sync::OnceLock;

use kbgap_catalog::{Architecture, Catalog, Component, KbId, KbIx, Month, Product, ProductIx};

use super::label::Label;
use super::tables::Branch;
use super::{SqlBuild, SqlRelease, SqlServer};
use crate::assessor::Assessor;
use crate::beside::{Applied, Standing};
use crate::evidence::Evidence;

/// Instances of up to this release have 32-bit editions with products of their own.
const LAST_OF_TWO_EDITIONS: SqlRelease = SqlRelease::V2014;

/// The SQL Servers of the feed, read when the first machine has one.
pub(crate) struct SqlServers {
    products: OnceLock<Vec<SqlProduct>>,
}

/// A product of the feed.
struct SqlProduct {
    ix: ProductIx,
    label: Label,
    branch: &'static Branch,
    /// In order, each once.
    fixes: Vec<SqlFix>,
}

#[derive(Clone, Copy)]
struct SqlFix {
    kb: KbIx,
    id: KbId,
    month: Month,
    /// `None` where neither the feed nor a table tells it.
    build: Option<SqlBuild>,
}

impl SqlServers {
    pub(crate) const fn new() -> Self {
        Self {
            products: OnceLock::new(),
        }
    }

    fn products(&self, catalog: &Catalog) -> &[SqlProduct] {
        self.products.get_or_init(|| {
            let of_feed = catalog.products();
            let of_feed = of_feed.filter(|p| p.component() == Some(Component::SqlServer));
            of_feed.filter_map(SqlProduct::of).collect()
        })
    }

    /// Whether a KB is an update of some SQL Server.
    pub(crate) fn has(&self, kb: KbIx, catalog: &Catalog) -> bool {
        let mut products = self.products(catalog).iter();
        products.any(|product| {
            product
                .fixes
                .binary_search_by_key(&kb, |fix| fix.kb)
                .is_ok()
        })
    }

    /// The products that apply to a server, with their updates judged.
    ///
    /// # Errors
    /// What is lacking for that.
    pub(crate) fn judge(
        &self,
        server: &SqlServer,
        machine: Option<Architecture>,
        listed: &[KbIx],
        assessor: &Assessor,
    ) -> Result<Vec<Applied>, &'static str> {
        let build = server.build.ok_or("software version")?;
        let branch = Branch::of(server.release, build).ok_or("its service pack in the feed")?;
        let bits = bits(server, machine).ok_or("32 or 64 bits of the software")?;
        let products = self.products(assessor.catalog()).iter();
        let own: Vec<&SqlProduct> = products
            .filter(|product| product.branch == branch && product.label.bits == bits)
            .collect();
        if own.is_empty() {
            return Err("its updates in the feed");
        }
        let instance = Instance::of(server.release, build, branch, &own, listed, assessor);
        let judged = own.iter().map(|product| Applied {
            product: product.ix,
            standings: product
                .fixes
                .iter()
                .map(|fix| (fix.kb, instance.standing(fix, product, assessor)))
                .collect(),
        });
        Ok(judged.collect())
    }
}

/// From 2016 on there are 64 bits alone; on a Windows of 32 bits there is nothing else.
fn bits(server: &SqlServer, machine: Option<Architecture>) -> Option<Architecture> {
    if server.release > LAST_OF_TWO_EDITIONS {
        return Some(Architecture::X64);
    }
    server
        .bits
        .or(machine.filter(|machine| *machine == Architecture::X86))
}

impl SqlProduct {
    fn of(product: Product<'_>) -> Option<Self> {
        let label = Label::parse(product.name())?;
        let branch = Branch::of_label(&label)?;
        let mut fixes: BTreeMap<KbIx, SqlFix> = BTreeMap::new();
        for fix in product.fixes() {
            let (Some(kb), Some(known)) = (fix.kb_ix(), fix.kb()) else {
                continue;
            };
            let Some(id) = known.id() else { continue };
            let build = branch.build_of(id, fix.fixed_build());
            let entry = fixes.entry(kb).or_insert(SqlFix {
                kb,
                id,
                month: known.month(),
                build,
            });
            // Where the feed gives one KB two builds, the higher counts.
            entry.build = entry.build.max(build);
        }
        Some(Self {
            ix: product.ix,
            label,
            branch,
            fixes: fixes.into_values().collect(),
        })
    }
}

/// A server with what is known to be present in its branch.
struct Instance<'p> {
    release: SqlRelease,
    branch: &'static Branch,
    build: SqlBuild,
    /// The highest build that a listed KB brings, where it is above that one.
    derived: Option<(SqlBuild, KbId)>,
    listed: &'p [KbIx],
    /// Updates that are present by themselves, in order.
    present: Vec<KbIx>,
    superseded: crate::bits::Bits,
    /// The newest month of an update that its build proves.
    covered: Option<(Month, KbId)>,
    products: &'p [&'p SqlProduct],
}

impl<'p> Instance<'p> {
    fn of(
        release: SqlRelease,
        build: SqlBuild,
        branch: &'static Branch,
        products: &'p [&'p SqlProduct],
        listed: &'p [KbIx],
        assessor: &Assessor,
    ) -> Self {
        let fixes = || products.iter().flat_map(|product| &product.fixes);
        let is_listed = |fix: &&SqlFix| listed.binary_search(&fix.kb).is_ok();
        let derived = fixes()
            .filter(is_listed)
            .filter_map(|fix| Some((fix.build?, fix.id)));
        let derived = derived.max().filter(|(higher, _)| *higher > build);
        let highest = derived.map_or(build, |(higher, _)| higher);
        let by_build = |fix: &&SqlFix| fix.build.is_some_and(|fixed| fixed <= highest);
        let present = fixes().filter(|fix| is_listed(fix) || by_build(fix));
        let mut present: Vec<KbIx> = present.map(|fix| fix.kb).collect();
        present.sort_unstable();
        present.dedup();
        Self {
            release,
            branch,
            build,
            derived,
            listed,
            superseded: assessor.supersedence().below(&present, assessor.catalog()),
            present,
            covered: fixes()
                .filter(by_build)
                .map(|fix| (fix.month, fix.id))
                .max(),
            products,
        }
    }

    fn highest(&self) -> SqlBuild {
        self.derived.map_or(self.build, |(higher, _)| higher)
    }

    /// Rules 2, 3 and 4 can each prove that an update is present; where its build is not
    /// known, a later one of the branch that is present proves it as well.
    fn standing(&self, fix: &SqlFix, product: &SqlProduct, assessor: &Assessor) -> Standing {
        if let Some(fixed) = fix.build.filter(|fixed| *fixed <= self.build) {
            return Standing::Present(self.compared(fixed, None, None));
        }
        if self.listed.binary_search(&fix.kb).is_ok() {
            return Standing::Present(Evidence::Listed);
        }
        if let (Some(fixed), Some((higher, from))) = (fix.build, self.derived)
            && fixed <= higher
        {
            return Standing::Present(self.compared(fixed, Some(from), None));
        }
        if self.superseded.contains(fix.kb.position()) {
            let (supersedence, catalog) = (assessor.supersedence(), assessor.catalog());
            let chain = supersedence.chain(&self.present, fix.kb, catalog);
            return Standing::Present(Evidence::Supersedence { chain });
        }
        let Some(fixed) = fix.build else {
            return match self.covered.filter(|(month, _)| *month > fix.month) {
                Some((month, through)) => Standing::Present(Evidence::Series { month, through }),
                None => Standing::Undecided("the build that it brings"),
            };
        };
        let from = self.derived.map(|(_, from)| from);
        Standing::Missing(self.compared(fixed, from, self.requires(product)))
    }

    fn compared(&self, fixed: SqlBuild, from: Option<KbId>, requires: Option<String>) -> Evidence {
        let machine = match from {
            Some(_) => self.highest(),
            None => self.build,
        };
        Evidence::Version {
            machine: machine.version(self.release),
            fix: fixed.version(self.release),
            from,
            requires,
        }
    }

    /// The cumulative update that has to be there first, where it is known that it is not:
    /// by the table, or because a fix on an earlier one has a higher build.
    fn requires(&self, product: &SqlProduct) -> Option<String> {
        let number = product.label.cumulative_update?;
        let is_below = match self.branch.cumulative_update(number) {
            Some(first) => self.highest() < first,
            None => self.products.iter().any(|other| {
                other
                    .label
                    .cumulative_update
                    .is_some_and(|earlier| earlier < number)
                    && other
                        .fixes
                        .iter()
                        .any(|fix| fix.build >= Some(self.highest()))
            }),
        };
        is_below.then(|| format!("CU {number}"))
    }
}
