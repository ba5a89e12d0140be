//! A fleet of a million machines: loading it, asking it, keeping it current. Everything
//! runs on this machine: the server is a process of its own, the load comes from this one.

mod ask;
mod bounds;
mod checkin;
mod feed;
mod groups;
mod growth;
mod least;
mod loaded;
mod peer;
mod sql;
mod states;

use std::net::SocketAddr;
use std::path::Path;

use clap::ValueEnum;
use jiff::civil::Date;
use jiff::tz::Offset;
use jiff::{Timestamp, ToSpan};
use kbgap_generate::{Fleet, Generator};

use crate::figure::Report;
use crate::http::Ask;
use crate::kbgap::Kbgap;

pub(crate) use peer::serve;

/// A part of the section.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, ValueEnum)]
pub(crate) enum Part {
    /// What this machine can do at best: its disk, its memory, parsing
    Bounds,
    /// Loading the fleet, memory, starting again with it
    Load,
    /// A month of the feed that comes while the server runs
    Feed,
    /// getmissingkbs over HTTP beside a static route
    Ask,
    /// One report a request
    Checkin,
    /// Device groups in the index beside the same question in SQL
    Groups,
    /// Assessing 20,000 to 200,000 patch states under another feed
    States,
    /// The same with a hundredth and a tenth of the machines
    Growth,
}

/// What is measured with.
pub(crate) struct Scale<'a> {
    pub(crate) kbgap: &'a Kbgap,
    pub(crate) shared: &'a Path,
    pub(crate) machines: u64,
    /// All where empty.
    pub(crate) parts: &'a [Part],
}

/// The fleet is the same in every run.
const SEED: u64 = 1;
/// Day 0 is so many days ago, so that the days after it are not in the future.
const DAYS_AGO: i32 = 12;
/// The software that is asked for.
const SOFTWARE: &str = "microsoft-_-windows_10";

impl Scale<'_> {
    pub(crate) fn run(&self, report: &mut Report) -> anyhow::Result<()> {
        let wanted = |part| self.parts.is_empty() || self.parts.contains(&part);
        if wanted(Part::Bounds) {
            bounds::run(report)?;
        }
        if wanted(Part::Growth) {
            growth::run(self, report)?;
        }
        if [Part::Load, Part::Feed, Part::Ask, Part::Checkin]
            .into_iter()
            .any(wanted)
        {
            let mut loaded = loaded::Loaded::new(self, self.machines)?;
            loaded.tell(report);
            if wanted(Part::Load) {
                loaded.start_again(self, report)?;
            }
            // Reports before answers: those are asked for under the whole feed.
            if wanted(Part::Feed) {
                feed::run(self, &loaded, report)?;
            }
            if wanted(Part::Checkin) {
                checkin::run(self, &loaded, report)?;
            }
            if wanted(Part::Ask) {
                ask::run(loaded, report)?;
            }
        }
        if wanted(Part::Groups) {
            groups::run(self, report)?;
        }
        if wanted(Part::States) {
            states::run(self, report)?;
        }
        Ok(())
    }

    /// The fleet as if day 0 were so many days later than it is.
    fn generator(&self, later: i32) -> anyhow::Result<Generator> {
        Ok(Generator::new(Fleet {
            as_of: today()?.checked_add((later - DAYS_AGO).days())?,
            ..Fleet::new(SEED)
        }))
    }
}

/// getmissingkbs over all machines.
fn ask_all(address: SocketAddr, bearer: &str) -> Ask {
    Ask::get(
        address,
        &format!("/api/Software/{SOFTWARE}/getmissingkbs"),
        bearer,
    )
}

/// The same of each device group that surely has some of so many machines.
fn ask_groups(address: SocketAddr, bearer: &str, machines: u64) -> Vec<Ask> {
    let count = usize::try_from(machines / 50).unwrap_or(usize::MAX);
    kbgap_generate::groups()
        .take(count)
        .map(|group| {
            let group = group.replace(' ', "%20");
            let path = format!("/api/Software/{SOFTWARE}/getmissingkbs?rbacGroupName={group}");
            Ask::get(address, &path, bearer)
        })
        .collect()
}

fn today() -> anyhow::Result<Date> {
    Ok(Offset::UTC.to_datetime(Timestamp::now()).date())
}
