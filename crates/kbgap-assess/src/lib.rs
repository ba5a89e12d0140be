//! The rules: which updates a machine is missing, and why.
//!
//! Pure functions of a [`Catalog`](kbgap_catalog::Catalog) and a machine: no
//! clock, no I/O, no async. The sections named in comments are those of the
//! specification of the rules, which `docs/rules.md` restates.
//!
//! The way of a machine through the crate:
//!
//! 1. [`Projection`]: the facts of a machine that a rule may read.
//! 2. `platform`: which Windows it runs, or why that cannot be told.
//! 3. `servicing`: its revision, its track, and what is present beyond doubt.
//! 4. `presence`: for one fix, whether it is present, and by what evidence.
//! 5. `edge`, `click_to_run`: what has no KB and is decided by its version.
//! 6. [`assess`]: what is missing, in total.
//! 7. [`explain`]: the same decisions for one KB, told in full.

mod assessment;
mod click_to_run;
mod edge;
mod evidence;
mod explain;
mod findings;
mod pair;
mod platform;
mod presence;
mod projection;
mod servicing;
mod weakness;

pub use assessment::{
    Assessed, Assessment, MissingKb, NotAssessed, OsFacts, SoftwareCves, VulnerableSoftware, assess,
};
pub use click_to_run::ClickToRun;
pub use edge::fixed_version;
pub use evidence::Evidence;
pub use explain::{Explanation, ExplanationVerdict, ProductExplanation, explain};
pub use findings::is_part_without_rules;
pub use platform::Unassessable;
pub use projection::{Projection, SoftwareFact};
pub use servicing::Track;
pub use weakness::{Weakness, weaknesses};
