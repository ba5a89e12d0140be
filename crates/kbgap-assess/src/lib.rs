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
//! 3. `windows`, `family`: that Windows compiled, once for all its machines: vulnerabilities
//!    with the same updates are one group.
//! 4. `servicing`: its revision, its track, and what is present beyond doubt.
//! 5. `presence`: for one update, whether it is present, and by what evidence.
//! 6. `pair`: for one group, whether the machine is vulnerable, and which KBs to name.
//! 7. `edge`, `click_to_run`: what has no KB and is decided by its version.
//! 8. `beside`, `sql_server`, `exchange`, `dot_net`, `sharepoint`, `office`: what KBs fix beside Windows, by the rules of its family.
//! 9. [`assess`]: what is missing, in total; [`Outline`]: what an index keeps of it.
//! 10. [`explain`]: the same decisions for one KB, told in full.
//! 11. [`Support`]: whether what it runs still gets updates, on a day that whoever asks has.
//!
//! [`Assessor`] keeps what is compiled and what was found, for many machines.

mod assessment;
mod assessor;
mod beside;
mod bits;
mod click_to_run;
mod cumulative;
mod dot_net;
mod edge;
mod evidence;
mod exchange;
mod explain;
mod family;
mod findings;
mod memo;
mod office;
mod outline;
mod pair;
mod platform;
mod presence;
mod projection;
mod servicing;
mod sharepoint;
mod sql_server;
mod supersedence;
mod support;
mod table;
mod totals;
mod unsupported;
mod update;
mod urgency;
mod weakness;
mod windows;

pub use assessment::{
    Assessed, Assessment, MissingKb, NotAssessed, OsFacts, SoftwareCves, VulnerableSoftware, assess,
};
pub use assessor::Assessor;
pub use click_to_run::ClickToRun;
pub use dot_net::{DotNetEntry, DotNetFacts, Framework, FrameworkLine};
pub use edge::fixed_version;
pub use evidence::Evidence;
pub use exchange::{ExchangeEntry, ExchangeServer};
pub use explain::{Explanation, ExplanationVerdict, ProductExplanation, explain};
pub use findings::{ON_EVERY_WINDOWS, is_on_every_windows};
pub use office::{Application, Office, OfficeEntry, OfficeYear};
pub use outline::{Outline, OutlinedKb, OutlinedSoftware};
pub use platform::Unassessable;
pub use projection::{Projection, SoftwareFact};
pub use servicing::Track;
pub use sharepoint::{SharePoint, SharePointBuild, SharePointEntry, SharePointVersion};
pub use sql_server::SqlServer;
pub use support::{EditionSupport, Support, SupportStatus, is_over};
pub use unsupported::{Lacking, Unsupported, runtime_not_assessed};
pub use urgency::Urgency;
pub use weakness::{Weakness, weaknesses};
