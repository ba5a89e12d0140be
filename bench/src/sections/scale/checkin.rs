//! Reports of single machines, each in a request of its own, durable before the answer.

use std::time::{Duration, Instant};

use jiff::civil::Date;
use kbgap_generate::Generator;

use super::Scale;
use super::loaded::Loaded;
use crate::drive::{Driven, drive};
use crate::figure::{Goal, Report, float};
use crate::http::Ask;

const CONNECTIONS: usize = 256;
const TIME: Duration = Duration::from_secs(10);
/// A day on which many machines have other updates than on day 0.
const LATER: u32 = 25;

pub(super) fn run(scale: &Scale<'_>, loaded: &Loaded, report: &mut Report) -> anyhow::Result<()> {
    let ask = Ask::report(loaded.address(), &loaded.bearer, None);
    let rested = loaded.server.rest()?;
    report.note("checkin: until the server rests before", rested, "s");

    // The same reports a day later, then two days later, and so on.
    let days = (1..6).map(|later| scale.generator(later));
    let rounds = days.collect::<anyhow::Result<Vec<_>>>()?;
    let all: Vec<u64> = (0..loaded.machines).collect();
    let rounds = rounds.into_iter().map(|generator| (generator, 0)).collect();
    let before = loaded.server.cpu()?;
    let driven = drive(&ask, CONNECTIONS, reports(rounds, all), is_unchanged)?;
    let cpu = loaded.server.cpu()? - before;
    tell(report, "checkin: unchanged", (&driven, cpu), 10_000.0);

    // Machines with other updates, which then go back, and so on.
    let sample = scale.generator(0)?;
    let changing: Vec<u64> = (0..loaded.machines)
        // One that was replaced is new, which is another thing.
        .filter(|number| sample.id(*number, 0) == sample.id(*number, LATER))
        .filter(|number| changes(&sample, *number))
        .collect();
    let mut rounds = Vec::new();
    for later in 6..12 {
        let day = if later % 2 == 0 { LATER } else { 0 };
        rounds.push((scale.generator(later - day.cast_signed())?, day));
    }
    let before = loaded.server.cpu()?;
    let driven = drive(&ask, CONNECTIONS, reports(rounds, changing), is_changed)?;
    let cpu = loaded.server.cpu()? - before;
    tell(
        report,
        "checkin: another patch state",
        (&driven, cpu),
        5_000.0,
    );
    Ok(())
}

/// The documents of some machines, round after round, until time is up.
fn reports(
    rounds: Vec<(Generator, u32)>,
    numbers: Vec<u64>,
) -> impl FnMut(&mut Vec<u8>) -> bool + 'static {
    let end = Instant::now() + TIME;
    let (mut round, mut at) = (0, 0);
    move |body| {
        if at == numbers.len() {
            (round, at) = (round + 1, 0);
        }
        let (Some((generator, day)), Some(number)) = (rounds.get(round), numbers.get(at)) else {
            return false;
        };
        at += 1;
        generator.write(*number, *day, body);
        Instant::now() < end
    }
}

/// Whether a machine says something else of its system and its updates on the later day. One
/// that is silent then would say it before it says what comes next.
fn changes(generator: &Generator, number: u64) -> bool {
    let document = |day| {
        let mut document = Vec::new();
        generator.write(number, day, &mut document);
        document
    };
    let (now, later) = (document(0), document(LATER));
    let days = seen(&now).and_then(|now| seen(&later)?.since(now).ok());
    updates(&now) != updates(&later)
        && days.is_some_and(|days| i64::from(days.get_days()) == i64::from(LATER))
}

/// The part of a document up to a word.
fn up_to<'d>(document: &'d [u8], word: &[u8]) -> &'d [u8] {
    let end = document.windows(word.len()).position(|part| part == word);
    &document[..end.unwrap_or_default()]
}

/// What a machine says of its system and its updates.
fn updates(document: &[u8]) -> &[u8] {
    up_to(document, br#","software":"#)
}

/// The day on which a machine was seen.
fn seen(document: &[u8]) -> Option<Date> {
    const SEEN: &[u8] = br#""seenAt":""#;
    let at = up_to(document, SEEN).len() + SEEN.len();
    let date = document.get(at..at + "2026-06-16".len())?;
    std::str::from_utf8(date).ok()?.parse().ok()
}

fn is_unchanged(answer: &[u8]) -> bool {
    has(answer, br#""outcome":"unchanged""#)
}

fn is_changed(answer: &[u8]) -> bool {
    has(answer, br#""outcome":"changed""#)
}

fn has(answer: &[u8], what: &[u8]) -> bool {
    answer.windows(what.len()).any(|part| part == what)
}

/// `cpu` is the processor time that the server took, in seconds.
fn tell(report: &mut Report, name: &str, (driven, cpu): (&Driven, f64), goal: f64) {
    report.add(name, driven.per_second(), "reports/s", Goal::AtLeast(goal));
    report.note(&format!("{name}, median"), driven.median(), "ms");
    report.note(&format!("{name}, 99 of 100"), driven.p99(), "ms");
    let each = cpu / float(driven.latencies.len()) * 1e6;
    report.note(&format!("{name}, processor time"), each, "µs/report");
    let others = float(driven.unexpected);
    report.note(&format!("{name}: with another outcome"), others, "reports");
}
