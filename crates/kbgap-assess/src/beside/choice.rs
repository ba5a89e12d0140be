//! Which of the updates for one vulnerability of a product are named where it is open
//! (section 5).

use kbgap_catalog::{Fix, KbId, KbIx, Subtype};

use super::{Applied, Standing};
use crate::assessor::Assessor;
use crate::evidence::Evidence;

/// How the updates for one vulnerability go together.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Choice {
    /// Each of them is enough, and all are named.
    Any,
    /// Each of them is enough, and those of the best rank are named.
    Ranked,
    /// Each is of a package of its own, which another of the same chain of supersedence
    /// may bring: one of every chain has to be there.
    EveryChain,
}

/// What the updates for one vulnerability of a product amount to.
#[derive(Default)]
pub(crate) struct Outcome<'a> {
    /// Whether all is there that it takes.
    pub(crate) is_fixed: bool,
    pub(crate) present: Vec<KbId>,
    pub(crate) missing: Vec<(KbIx, &'a Evidence)>,
    /// With what is lacking to tell.
    pub(crate) undecided: Vec<(KbIx, &'static str)>,
    /// What would do in place of the missing.
    pub(crate) alternatives: Vec<KbId>,
}

/// A KB of a pair.
#[derive(Clone, Copy)]
struct Judged<'a> {
    kb: KbIx,
    id: KbId,
    subtype: Subtype,
    standing: &'a Standing,
}

impl<'a> Outcome<'a> {
    /// `pair` are the fixes of one product for one vulnerability.
    pub(crate) fn of(pair: &[Fix<'a>], applied: &'a Applied, assessor: &Assessor) -> Self {
        let judged: Vec<Judged<'a>> = pair
            .iter()
            .filter_map(|fix| {
                let kb = fix.kb_ix()?;
                Some(Judged {
                    kb,
                    id: fix.kb()?.id()?,
                    subtype: fix.subtype(),
                    standing: applied.standings.get(&kb)?,
                })
            })
            .collect();
        let present = judged.iter().filter(|judged| judged.standing.is_present());
        let mut outcome = Self {
            present: present.map(|judged| judged.id).collect(),
            ..Self::default()
        };
        if applied.choice == Choice::EveryChain {
            outcome.every_chain(&judged, assessor);
        } else if outcome.present.is_empty() {
            outcome.best(&judged, applied.choice);
        } else {
            outcome.is_fixed = true;
        }
        outcome
    }

    fn best(&mut self, judged: &[Judged<'a>], choice: Choice) {
        let rank = |judged: &Judged<'_>| choice == Choice::Ranked && is_partial(judged.subtype);
        let best = judged.iter().map(rank).min();
        for judged in judged {
            if Some(rank(judged)) == best {
                self.name(judged);
            } else {
                self.alternatives.push(judged.id);
            }
        }
    }

    /// One chain is what supersedes another of the pair or is superseded by it. Without
    /// any KB there is nothing that could be missing.
    fn every_chain(&mut self, judged: &[Judged<'a>], assessor: &Assessor) {
        let (supersedence, catalog) = (assessor.supersedence(), assessor.catalog());
        let below: Vec<_> = match judged {
            [_] => Vec::new(),
            all => {
                let below = |judged: &Judged<'_>| supersedence.below(&[judged.kb], catalog);
                all.iter().map(below).collect()
            }
        };
        let is_same_chain = |one: usize, two: usize| {
            let over = |a: usize, b: usize| below[a].contains(judged[b].kb.position());
            one == two || over(one, two) || over(two, one)
        };
        self.is_fixed = true;
        for (place, own) in judged.iter().enumerate() {
            let mut chain = (0..judged.len()).filter(|&other| is_same_chain(place, other));
            if !chain.any(|other| judged[other].standing.is_present()) {
                self.is_fixed = false;
                self.name(own);
            }
        }
    }

    fn name(&mut self, judged: &Judged<'a>) {
        match judged.standing {
            Standing::Present(_) | Standing::PresentWithWindows => {}
            Standing::Missing(evidence) => self.missing.push((judged.kb, evidence)),
            Standing::Undecided(lacking) => self.undecided.push((judged.kb, lacking)),
        }
    }
}

/// Whether an update leaves out what came before, so that another is named first.
const fn is_partial(subtype: Subtype) -> bool {
    matches!(subtype, Subtype::SecurityOnly | Subtype::IeCumulative)
}
