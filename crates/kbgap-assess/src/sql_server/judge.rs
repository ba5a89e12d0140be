//! Which updates of SQL Server are present on a machine.

use std::sync::OnceLock;

use kbgap_catalog::{
    Architecture, Catalog, Component, KbIx, Product, ProductIx, SqlBranch, SqlBuild, SqlRelease,
};

use super::label::Label;
use super::{SqlServer, tables};
use crate::assessor::Assessor;
use crate::beside::{Applied, Choice, Standing};
use crate::cumulative::{Compared, Line, LineFix};
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
    branch: &'static SqlBranch,
    /// In order, each once.
    fixes: Vec<SqlFix>,
}

type SqlFix = LineFix<SqlBuild>;

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
        let branch = SqlBranch::of(server.release, build).ok_or("its service pack in the feed")?;
        let bits = bits(server, machine).ok_or("32 or 64 bits of the software")?;
        let products = self.products(assessor.catalog()).iter();
        let own: Vec<&SqlProduct> = products
            .filter(|product| product.branch == branch && product.label.bits == bits)
            .collect();
        if own.is_empty() {
            return Err("its updates in the feed");
        }
        let fixes = own.iter().flat_map(|product| &product.fixes);
        let instance = Instance {
            release: server.release,
            branch,
            line: Line::of(build, listed, fixes, assessor),
            products: &own,
        };
        let judged = own.iter().map(|product| Applied {
            product: product.ix,
            choice: Choice::Any,
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
        let branch = SqlBranch::named(label.release, label.service_pack, label.track)?;
        let fixes = SqlFix::of_product(product, |fix, _, id| {
            Some(tables::build_of(branch, id, fix.fixed_build()))
        });
        Some(Self {
            ix: product.ix,
            label,
            branch,
            fixes: fixes.map(|(fix, _)| fix).collect(),
        })
    }
}

/// A server with what is known to be present in its branch.
struct Instance<'p> {
    release: SqlRelease,
    branch: &'static SqlBranch,
    line: Line<SqlBuild>,
    products: &'p [&'p SqlProduct],
}

impl Instance<'_> {
    fn standing(&self, fix: &SqlFix, product: &SqlProduct, assessor: &Assessor) -> Standing {
        let told = |compared: Compared<SqlBuild>| self.told(compared, None);
        let present = self.line.present(fix, assessor, told);
        present.unwrap_or_else(|| match fix.version {
            None => self.line.unknown(fix),
            Some(fixed) => {
                let compared = Compared {
                    machine: self.line.highest(),
                    fix: fixed,
                    from: self.line.derived_from(),
                };
                Standing::Missing(self.told(compared, self.requires(product)))
            }
        })
    }

    fn told(&self, compared: Compared<SqlBuild>, requires: Option<String>) -> Evidence {
        Evidence::Version {
            machine: compared.machine.version(self.release),
            fix: compared.fix.version(self.release),
            from: compared.from,
            requires,
        }
    }

    /// The cumulative update that has to be there first, where it is known that it is not:
    /// by the table, or because a fix on an earlier one has no lower build.
    fn requires(&self, product: &SqlProduct) -> Option<String> {
        let number = product.label.cumulative_update?;
        let own = self.line.highest();
        let is_below = match tables::cumulative_update(self.branch, number) {
            Some(first) => own < first,
            None => self.products.iter().any(|other| {
                let cumulative_update = other.label.cumulative_update;
                cumulative_update.is_some_and(|earlier| earlier < number)
                    && other.fixes.iter().any(|fix| fix.version >= Some(own))
            }),
        };
        is_below.then(|| format!("CU {number}"))
    }
}
