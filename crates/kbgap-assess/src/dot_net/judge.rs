//! Which updates of .NET Framework are present on a machine.

use std::collections::BTreeMap;

use kbgap_catalog::{KbId, KbIx, Month, Product, ProductIx, Subtype};

use super::framework::{Framework, FrameworkLine};
use super::label::releases_of;
use super::{DotNetFacts, tables};
use crate::assessor::Assessor;
use crate::beside::{Applied, Choice, Standing};
use crate::cumulative::{Compared, Line, LineFix};
use crate::evidence::Evidence;
use crate::pair::Case;
use crate::platform::PlatformKey;
use crate::presence::Verdict;

/// From here on an update carries all that came before it for its releases.
const FIRST_CUMULATIVE: u32 = 10_240;

/// All that decides about .NET Framework on a machine.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) struct DotNetKey {
    platform: PlatformKey,
    facts: DotNetFacts,
    /// The KBs that are also Windows', where they are missing with why; in order.
    with_windows: Vec<(KbIx, Option<Verdict>)>,
}

/// The .NET Frameworks that the feed knows on one Windows.
#[derive(Default)]
pub(crate) struct Frameworks {
    products: Vec<FrameworkProduct>,
    /// KBs that are also those of Windows itself, with the places of their updates there.
    with_windows: BTreeMap<KbIx, Vec<usize>>,
}

struct FrameworkProduct {
    ix: ProductIx,
    /// In order.
    releases: Vec<Framework>,
    /// In order of KBs, each once.
    fixes: Vec<FrameworkFix>,
}

struct FrameworkFix {
    line: LineFix<u32>,
    is_cumulative: bool,
}

impl DotNetKey {
    /// `None` where the machine's Windows cannot be told.
    pub(crate) fn of(case: &Case<'_>) -> Option<Self> {
        let updates = case.windows.frameworks.with_windows.iter();
        Some(Self {
            platform: PlatformKey::of(case.machine).ok()?,
            facts: case.machine.dot_net.clone(),
            with_windows: updates
                .map(|(&kb, places)| (kb, missing_with_windows(places, case)))
                .collect(),
        })
    }
}

/// Why an update is missing with Windows; `None` where it is present.
fn missing_with_windows(places: &[usize], case: &Case<'_>) -> Option<Verdict> {
    let verdicts = places.iter().map(|&place| case.verdict(place));
    let mut missing = None;
    for verdict in verdicts {
        match verdict {
            Verdict::Present(_) => return None,
            Verdict::Missing(_) => missing = missing.or(Some(verdict)),
        }
    }
    missing
}

impl Frameworks {
    /// `with_windows` are the updates of Windows itself by their KBs.
    pub(crate) fn of(
        products: &[Product<'_>],
        build: u32,
        mut with_windows: BTreeMap<KbIx, Vec<usize>>,
    ) -> Self {
        let products = products.iter();
        let products: Vec<FrameworkProduct> = products
            .filter_map(|&product| FrameworkProduct::of(product, build))
            .collect();
        let is_of_some = |kb: &KbIx| products.iter().any(|product| product.fix(*kb).is_some());
        with_windows.retain(|kb, _| is_of_some(kb));
        Self {
            products,
            with_windows,
        }
    }

    /// Why an update that is also one of Windows counts as it does.
    pub(crate) fn evidence(&self, kb: KbIx, case: &Case<'_>, assessor: &Assessor) -> Evidence {
        let places = self.with_windows.get(&kb).into_iter().flatten();
        let present = places.clone().find(|&&place| case.is_present(place));
        match present.or_else(|| places.clone().next()) {
            Some(&place) => case.evidence(place, assessor),
            None => Evidence::NotListed,
        }
    }

    /// The products that apply, with their updates judged: of release 4, then of those
    /// before it. Each may lack something for that.
    pub(crate) fn judge(
        &self,
        key: &DotNetKey,
        listed: &[KbIx],
        case: &Case<'_>,
        assessor: &Assessor,
    ) -> [Result<Vec<Applied>, &'static str>; 2] {
        let build = case.machine.build;
        let release = key.facts.release_4(build);
        let is_of_4 = |product: &&FrameworkProduct| {
            release.is_some_and(|release| product.releases.contains(&release))
        };
        let is_older = |product: &&FrameworkProduct| {
            let mut releases = product.releases.iter();
            releases.all(|&older| !older.is_4() && key.facts.has(older))
        };
        let of_4: Vec<&FrameworkProduct> = self.products.iter().filter(is_of_4).collect();
        let older: Vec<&FrameworkProduct> = self.products.iter().filter(is_older).collect();
        let installed = |line: FrameworkLine| Installed {
            key,
            line,
            build,
            listed,
            case,
            assessor,
        };
        let with_older = of_4.iter().copied();
        let with_older = with_older.filter(|p| {
            let mut older = p.releases.iter().filter(|release| !release.is_4());
            older.any(|&older| key.facts.has(older))
        });
        let carrying: Vec<&FrameworkProduct> = older.iter().copied().chain(with_older).collect();
        let older = Ok(installed(FrameworkLine::Runtime2).judge(&older, &carrying));
        let of_4 = match release {
            None => Err(".NET release"),
            Some(_) if of_4.is_empty() => Err("its release in the feed"),
            Some(release) => Ok(installed(release.line()).judge(&of_4, &of_4)),
        };
        [of_4, older]
    }
}

/// One line of a machine.
struct Installed<'a> {
    key: &'a DotNetKey,
    line: FrameworkLine,
    build: u32,
    listed: &'a [KbIx],
    case: &'a Case<'a>,
    assessor: &'a Assessor,
}

impl Installed<'_> {
    /// What is `carrying` proves what came before, also where it is of other products.
    fn judge(&self, own: &[&FrameworkProduct], carrying: &[&FrameworkProduct]) -> Vec<Applied> {
        let file = self.key.facts.file(self.line);
        let fixes = own.iter().flat_map(|product| &product.fixes);
        let line = Line::of(
            file.unwrap_or_default(),
            self.listed,
            fixes.map(|fix| &fix.line),
            self.assessor,
        );
        let covered = self.covered(carrying);
        let applied = own.iter().map(|product| Applied {
            product: product.ix,
            choice: Choice::Ranked,
            standings: product
                .fixes
                .iter()
                .map(|fix| {
                    let standing = self.with_windows(fix);
                    let standing =
                        standing.unwrap_or_else(|| self.standing(fix, file, &line, covered));
                    (fix.line.kb, standing)
                })
                .collect(),
        });
        applied.collect()
    }

    /// Rule 1, for what is also an update of Windows.
    fn with_windows(&self, fix: &FrameworkFix) -> Option<Standing> {
        let decided = &self.key.with_windows;
        let place = decided.binary_search_by_key(&fix.line.kb, |(kb, _)| *kb);
        let verdict = decided[place.ok()?].1;
        Some(match verdict {
            None => Standing::PresentWithWindows,
            Some(verdict) => {
                let servicing = &self.case.servicing;
                Standing::Missing(verdict.evidence(self.build, servicing, self.assessor))
            }
        })
    }

    fn standing(
        &self,
        fix: &FrameworkFix,
        file: Option<u32>,
        line: &Line<u32>,
        covered: Option<(Month, KbId)>,
    ) -> Standing {
        let told = |compared: Compared<u32>| Evidence::Version {
            machine: self.shown(compared.machine),
            fix: self.shown(compared.fix),
            from: compared.from,
            requires: None,
        };
        if let Some(present) = line.present(&fix.line, self.assessor, told) {
            return present;
        }
        let by_list = self.stands_for(fix).or(covered);
        match by_list.filter(|(month, _)| *month >= fix.line.month) {
            Some((month, through)) => {
                return Standing::Present(Evidence::Series { month, through });
            }
            None if file.is_none() => return Standing::Undecided(".NET file version"),
            None => {}
        }
        match fix.line.version {
            None => line.unknown(&fix.line),
            Some(fixed) => Standing::Missing(told(Compared {
                machine: line.highest(),
                fix: fixed,
                from: line.derived_from(),
            })),
        }
    }

    /// The listed update that was installed where this one was offered.
    fn stands_for(&self, fix: &FrameworkFix) -> Option<(Month, KbId)> {
        let mut updates = self.updates();
        let (kb, update) = updates.find(|(_, update)| update.parent == Some(fix.line.id))?;
        Some((update.month.max(fix.line.month), kb))
    }

    /// The newest month of a cumulative update that is listed, of the feed or of those
    /// that stand for them.
    fn covered(&self, carrying: &[&FrameworkProduct]) -> Option<(Month, KbId)> {
        let of_feed = carrying.iter().flat_map(|product| &product.fixes);
        let of_feed = of_feed
            .filter(|fix| fix.is_cumulative && self.listed.binary_search(&fix.line.kb).is_ok())
            .map(|fix| (fix.line.month, fix.line.id));
        let stand_for = self.updates().filter(|(_, update)| update.is_cumulative);
        let stand_for = stand_for.map(|(kb, update)| (update.month, kb));
        of_feed.chain(stand_for).max()
    }

    fn updates(&self) -> impl Iterator<Item = (KbId, &'static tables::ListedUpdate)> + '_ {
        let updates = self.key.facts.updates.iter();
        updates.filter_map(|&kb| Some((kb, tables::listed_update(kb, self.build, self.line)?)))
    }

    /// A build as files show it.
    fn shown(&self, build: u32) -> String {
        match self.line {
            FrameworkLine::Runtime2 => format!("2.0.50727.{build}"),
            FrameworkLine::V452 => format!("4.0.30319.{build}"),
            FrameworkLine::V46To472 => format!("4.7.{build}"),
            FrameworkLine::V48 | FrameworkLine::V481 => format!("4.8.{build}"),
        }
    }
}

impl FrameworkProduct {
    fn of(product: Product<'_>, build: u32) -> Option<Self> {
        let releases = releases_of(product.name())?;
        // 3.0 has files of its own beside the runtime.
        let line = releases.last()?.line();
        let is_compared = *releases.last()? != Framework::V30;
        let fixes = LineFix::of_product(product, |fix, _, id| {
            let is_own = !is_of_another(id, build, line);
            is_own.then(|| line.fixed(fix.fixed_build()).filter(|_| is_compared))
        });
        let fixes = fixes.map(|(line, fix)| FrameworkFix {
            line,
            is_cumulative: build >= FIRST_CUMULATIVE || fix.subtype() == Subtype::MonthlyRollup,
        });
        Some(Self {
            ix: product.ix,
            releases,
            fixes: fixes.collect(),
        })
    }

    fn fix(&self, kb: KbIx) -> Option<&FrameworkFix> {
        let place = self.fixes.binary_search_by_key(&kb, |fix| fix.line.kb);
        Some(&self.fixes[place.ok()?])
    }
}

/// Whether an update is known to be for another release or another Windows: the feed has
/// 5082419, which is for 4.8.1, under 4.8 on 21H2, and 5082398 of Windows Server 2012 under
/// 2012 R2.
fn is_of_another(kb: KbId, build: u32, line: FrameworkLine) -> bool {
    tables::is_listed_update(kb) && tables::listed_update(kb, build, line).is_none()
}
