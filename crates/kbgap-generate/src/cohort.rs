//! Machines that were set up alike and are kept alike: what rules read of them is the
//! same, but for who is a few days ahead.

use crate::pace::Pace;
use crate::random::{Stream, mix, skewed};
use crate::tables::{Kind, Office, Release, Train, Update, Windows};
use crate::{Generator, calendar::Day};

/// What a cohort's machines have in common.
#[derive(Debug)]
pub(crate) struct Cohort<'a> {
    /// Keeps what is drawn for it apart from others.
    pub(crate) key: u64,
    pub(crate) release: &'a Release,
    pub(crate) train: &'a Train,
    pub(crate) architecture: &'static str,
    pub(crate) installation_type: &'static str,
    pub(crate) secure_boot: Option<bool>,
    pub(crate) win_re: Option<bool>,
    pub(crate) hotpatch: Option<bool>,
    pub(crate) pace: Pace,
    /// Of the train's cumulative updates, those that were left out are 1.
    skipped: u64,
    /// How many cumulative updates are listed on day 0, and from where they count.
    listed: usize,
    /// How many updates of .NET Framework are listed.
    frameworks: usize,
    /// Which of the older updates are listed.
    old: u64,
    pub(crate) edge: Option<Pace>,
    pub(crate) office: OfficeOf<'a>,
    pub(crate) family: Family,
    pub(crate) framework_listed: bool,
}

/// The Office of a cohort.
#[derive(Debug)]
pub(crate) enum OfficeOf<'a> {
    Nothing,
    ClickToRun(&'a Office),
    /// Office 2016 by Windows Installer, with so many of its updates.
    Msi(usize),
}

/// Server programs that have rules of their own.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Family {
    Nothing,
    /// One of the engines.
    SqlServer(u32),
    Exchange,
    SharePoint,
}

const COHORTS: u64 = 1;
const FACTS: u64 = 2;
/// Of a hundred machines, those in the few large cohorts; the others are spread.
const IN_LARGE: u32 = 55;

impl<'a> Cohort<'a> {
    /// The cohort of a machine.
    pub(crate) fn of(generator: &'a Generator, machine: u64) -> Option<Self> {
        let windows = &generator.windows;
        let mut stream = Stream::new(machine, COHORTS);
        let (number, release) = release(windows, stream.below(10_000))?;
        let count = (u64::from(generator.cohorts) * u64::from(release.share)).div_ceil(10_000);
        let count = u32::try_from(count).unwrap_or(u32::MAX);
        let index = match stream.chance(IN_LARGE) {
            true => skewed(stream.unit(), count),
            false => stream.below(count),
        };
        let key = mix(generator.seed ^ mix((number << 32) | u64::from(index)));
        Self::draw(generator, release, key)
    }

    fn draw(generator: &'a Generator, release: &'a Release, key: u64) -> Option<Self> {
        let train = generator.windows.train(release)?;
        let mut stream = Stream::new(key, FACTS);
        let client = release.kind == Kind::Client;
        let modern = release.version.starts_with("10.0.");
        let core = release.kind == Kind::CoreOnly || (!client && stream.chance(20));
        let sometimes = |value: bool, told: bool| told.then_some(value);
        let pace = Pace::monthly(&mut stream);
        Some(Self {
            key,
            release,
            train,
            architecture: architecture(release, &mut stream),
            installation_type: match (client, core) {
                (true, _) => "Client",
                (false, false) => "Server",
                (false, true) => "Server Core",
            },
            secure_boot: sometimes(modern && stream.chance(92), stream.chance(90)),
            win_re: sometimes(client && stream.chance(85), stream.chance(70)),
            hotpatch: sometimes(
                release.version == "10.0.26100" && stream.chance(4),
                stream.chance(60),
            ),
            pace,
            // A twelfth of the months.
            skipped: stream.next() & stream.next() & stream.next() & !(stream.next() >> 2),
            listed: 12 + stream.below(22) as usize,
            frameworks: 3 + stream.below(6) as usize,
            old: stream.next() | stream.next(),
            edge: (!core && (client || stream.chance(60))).then(|| Pace::browser(&mut stream)),
            office: match client {
                true => office(generator, &mut stream),
                false => OfficeOf::Nothing,
            },
            family: match client {
                true => Family::Nothing,
                false => family(&mut stream),
            },
            framework_listed: stream.chance(8),
        })
    }

    /// The cumulative updates that a machine has, oldest first, and the revision that
    /// they bring it to.
    pub(crate) fn cumulative(
        &self,
        day: Day,
        zero: Day,
        behind: Day,
    ) -> (impl Iterator<Item = Update>, Option<u32>) {
        let updates = &self.train.cumulative;
        let first = updates.partition_point(|u| u.day < self.release.first);
        let count_on = |day, behind| {
            let until = self.pace.installed_until(day, zero, behind);
            let until = until.min(self.release.last);
            updates.partition_point(|u| u.day <= until).max(first)
        };
        let now = count_on(day, behind);
        let from = count_on(zero, 0).saturating_sub(self.listed).max(first);
        let newest = (now > first).then(|| updates.get(now - 1)).flatten();
        let revision = newest.map_or(self.release.rtm, |u| self.release.rtm.map(|_| u.revision));
        let skipped = self.skipped;
        let listed = updates
            .iter()
            .enumerate()
            .take(now)
            .skip(from)
            .filter(move |&(at, _)| at + 1 == now || skipped >> (at % 64) & 1 == 0)
            .map(|(_, update)| *update);
        (listed, revision)
    }

    /// The updates of .NET Framework that a machine has; they come with the others.
    pub(crate) fn framework(
        &self,
        day: Day,
        zero: Day,
        behind: Day,
    ) -> impl Iterator<Item = Update> {
        let until = self.pace.installed_until(day, zero, behind);
        newest(&self.train.framework, until, self.frameworks)
    }

    /// The older updates that its machines list.
    pub(crate) fn old(&self) -> impl Iterator<Item = u32> {
        let listed = self.old;
        let old = self.train.old.iter().enumerate();
        old.filter(move |(at, _)| listed >> (at % 64) & 1 == 1)
            .map(|(_, kb)| *kb)
    }
}

/// The newest so many of those that were released until a day.
pub(crate) fn newest(updates: &[Update], until: Day, count: usize) -> impl Iterator<Item = Update> {
    let released = updates.partition_point(|u| u.day <= until);
    let from = released.saturating_sub(count);
    updates.iter().take(released).skip(from).copied()
}

/// The release of a drawn one of 10,000, and its place.
fn release(windows: &Windows, mut drawn: u32) -> Option<(u64, &Release)> {
    for (number, release) in (0..).zip(&windows.releases) {
        if drawn < release.share {
            return Some((number, release));
        }
        drawn -= release.share;
    }
    None
}

fn architecture(release: &Release, stream: &mut Stream) -> &'static str {
    let drawn = stream.below(100);
    match (release.kind, release.platform) {
        (Kind::Client, "Windows11") if drawn < 3 => "arm64",
        (Kind::Client, "Windows10" | "Windows8.1" | "Windows7") if drawn < 4 => "x86",
        _ => "x64",
    }
}

fn office<'a>(generator: &'a Generator, stream: &mut Stream) -> OfficeOf<'a> {
    let mut drawn = stream.below(100);
    for office in &generator.programs.office {
        if drawn < office.share {
            return OfficeOf::ClickToRun(office);
        }
        drawn -= office.share;
    }
    // Of the fifth that is left, half has an older Office and half has none.
    match drawn < 10 {
        true => OfficeOf::Msi(stream.below(9) as usize),
        false => OfficeOf::Nothing,
    }
}

const fn family(stream: &mut Stream) -> Family {
    match stream.below(100) {
        0..12 => Family::SqlServer(stream.below(4)),
        12..14 => Family::Exchange,
        14..16 => Family::SharePoint,
        _ => Family::Nothing,
    }
}
