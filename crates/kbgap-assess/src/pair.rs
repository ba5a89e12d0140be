//! What the fixes of one product say about one vulnerability: the decision from which
//! lists, explanations and weaknesses all come (section 5).

use kbgap_catalog::{Condition, Fix, KbId, Month, Product, VulnerabilityIx};

use crate::Projection;
use crate::presence::{Verdict, is_hotpatch, judge, rank};
use crate::servicing::{Servicing, Track};

/// Judges the fixes of a product, vulnerability by vulnerability.
pub(crate) fn judge_product<'a>(
    product: Product<'a>,
    machine: &Projection,
    servicing: &Servicing,
    mut then: impl FnMut(PairFinding<'a>),
) {
    let fixes: Vec<Fix<'a>> = product.fixes().collect();
    for pair in fixes.chunk_by(|a, b| a.vulnerability_ix() == b.vulnerability_ix()) {
        then(PairFinding::of(pair, machine, servicing));
    }
}

/// What the fixes of one product say about one vulnerability.
pub(crate) struct PairFinding<'a> {
    /// The fixes with their verdicts.
    pub(crate) judged: Vec<(Fix<'a>, Verdict)>,
    /// KBs to name: those of the best rank. Empty unless vulnerable.
    pub(crate) named: Vec<usize>,
    /// Standalone KBs whose condition is not reported. Empty unless vulnerable.
    pub(crate) undecided: Vec<(KbId, Condition)>,
}

impl<'a> PairFinding<'a> {
    /// `vulnerable(m, p, c)` and `missing(m, k)` of section 5, for one product
    /// and vulnerability; `fixes` are all of theirs.
    pub(crate) fn of(fixes: &[Fix<'a>], machine: &Projection, servicing: &Servicing) -> Self {
        let judged: Vec<(Fix<'a>, Verdict)> = fixes
            .iter()
            .map(|&fix| (fix, judge(fix, machine.build, servicing)))
            .collect();
        let mut finding = Self {
            judged,
            named: Vec::new(),
            undecided: Vec::new(),
        };
        if finding
            .judged
            .iter()
            .any(|(_, verdict)| matches!(verdict, Verdict::Present(_)))
        {
            return finding;
        }
        let mut best = u8::MAX;
        for (position, (fix, _)) in finding.judged.iter().enumerate() {
            let Some((kb, id)) = fix.kb().and_then(|kb| Some((kb, kb.id()?))) else {
                continue;
            };
            if let Some(condition) = kb.condition() {
                match holds(condition, machine) {
                    Some(true) => {}
                    Some(false) => continue,
                    None => {
                        finding.undecided.push((id, condition));
                        continue;
                    }
                }
            }
            let Some(rank) = rank(fix.subtype(), servicing.track) else {
                continue;
            };
            if rank < best {
                best = rank;
                finding.named.clear();
            }
            if rank == best {
                finding.named.push(position);
            }
        }
        finding
    }

    /// The CVE to which the machine is vulnerable by these fixes, with the earliest
    /// KB to name and its month.
    pub(crate) fn weakness(&self) -> Option<(VulnerabilityIx, (Month, KbId))> {
        let (fix, _) = self.named().next()?;
        let kbs = self
            .named()
            .filter_map(|(fix, _)| fix.kb().and_then(|kb| Some((kb.month(), kb.id()?))));
        (!fix.vulnerability().is_advisory())
            .then(|| Some((fix.vulnerability_ix(), kbs.min()?)))
            .flatten()
    }

    pub(crate) fn named(&self) -> impl Iterator<Item = (Fix<'a>, &Verdict)> {
        self.named
            .iter()
            .map(|&position| (self.judged[position].0, &self.judged[position].1))
    }

    /// KBs that would do in place of those named.
    pub(crate) fn alternatives(&self, track: Track) -> impl Iterator<Item = KbId> {
        let others = self
            .judged
            .iter()
            .enumerate()
            .filter(|(p, _)| !self.named.contains(p));
        others
            .filter(move |(_, (fix, _))| track == Track::Hotpatch || !is_hotpatch(fix.subtype()))
            .filter_map(|(_, (fix, _))| fix.kb().filter(|kb| kb.condition().is_none())?.id())
    }
}

fn holds(condition: Condition, machine: &Projection) -> Option<bool> {
    match condition {
        Condition::SecureBoot => machine.secure_boot,
        Condition::WinRe => machine.win_re,
    }
}
