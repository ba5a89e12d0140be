//! Tables that can be shared while they are changed.
//!
//! A fleet is published as a snapshot that readers hold on to, while the next one is
//! made. Copying a million rows for each would cost more than all else, so tables are
//! kept in small pieces behind `Arc`s: a snapshot shares all pieces with the next one
//! but those that were written to in between, which are copied first.
//!
//! - [`Pages`]: rows by number.
//! - [`SortedSet`]: keys in order.
//! - [`TieredSet`]: the same for many keys that come in no order.
//! - [`Counters`]: how many there are of each key.
//! - [`MachineSet`]: machines by ordinal, of which most sets have few.
//! - [`Ordinals`]: large sets of them.

mod counters;
mod machine_set;
mod merged;
mod ordinals;
mod pages;
mod sorted;
mod tiered;

pub(crate) use counters::Counters;
pub(crate) use machine_set::MachineSet;
pub(crate) use ordinals::Ordinals;
pub(crate) use pages::Pages;
pub(crate) use sorted::SortedSet;
pub(crate) use tiered::TieredSet;
