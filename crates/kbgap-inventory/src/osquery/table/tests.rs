//! Whatever way logs take, the rows are those of the last run.

use std::collections::BTreeSet;

use proptest::collection::{btree_set, vec};
use proptest::prelude::*;
use proptest::sample::Index;

use super::*;

const NOW: i64 = 1_585_137_600;

fn row(n: u8) -> Row {
    Row::from([("hotfix_id", format!("KB{n}").as_str())])
}

fn run(at: i64, counter: u64, epoch: u64) -> Run {
    Run { at, counter, epoch }
}

fn rows(table: &Table) -> Option<Vec<Row>> {
    table.rows().map(|rows| rows.cloned().collect())
}

fn difference(added: &[u8], removed: &[u8]) -> Change {
    Change::Difference {
        added: added.iter().copied().map(row).collect(),
        removed: removed.iter().copied().map(row).collect(),
    }
}

fn all(rows: &[u8]) -> Change {
    Change::All(rows.iter().copied().map(row).collect())
}

fn table(runs: impl IntoIterator<Item = (Run, Change)>) -> Table {
    let mut table = Table::default();
    table.apply(runs, NOW);
    table
}

/// What happens at a run of a query.
#[derive(Clone, Debug)]
enum Kind {
    /// The next difference, if there is any.
    Next,
    /// The epoch changes, or osquery lost what it knew.
    Anew {
        epoch: u64,
    },
    Snapshot,
}

fn kind() -> impl Strategy<Value = Kind> {
    prop_oneof![
        6 => Just(Kind::Next),
        1 => (0..3_u64).prop_map(|epoch| Kind::Anew { epoch }),
        1 => Just(Kind::Snapshot),
    ]
}

/// What osquery logs of runs that find these rows, a line for each change.
fn logged(runs: &[(Kind, BTreeSet<u8>)]) -> Vec<(Run, Change)> {
    let (mut known, mut counter, mut epoch) = (None::<BTreeSet<u8>>, 0, 0);
    let mut lines = Vec::new();
    for (at, (kind, found)) in (NOW - 10_000..).zip(runs) {
        match kind {
            Kind::Snapshot => {
                // It tells nothing of differences, which go on beside it.
                let rows: Vec<u8> = found.iter().copied().collect();
                lines.push((run(at, 0, epoch), all(&rows)));
                known = known.is_some().then(|| found.clone());
                continue;
            }
            Kind::Anew { epoch: next } => {
                (known, epoch) = (None, *next);
            }
            Kind::Next => {}
        }
        let before = known.replace(found.clone());
        counter = if before.is_some() { counter + 1 } else { 0 };
        let before = before.unwrap_or_default();
        let line = |change| (run(at, counter, epoch), change);
        let lines_before = lines.len();
        lines.extend(
            found
                .difference(&before)
                .map(|n| line(difference(&[*n], &[]))),
        );
        lines.extend(
            before
                .difference(found)
                .map(|n| line(difference(&[], &[*n]))),
        );
        if lines.len() == lines_before && counter > 0 {
            // What has not changed is not logged and not counted.
            counter -= 1;
        }
    }
    lines
}

proptest! {
    #[test]
    fn any_order_split_and_repetition_gives_the_rows_of_the_last_run(
        runs in vec((kind(), btree_set(0..12_u8, 1..8)), 1..12),
        repeated in vec(any::<Index>(), 0..40),
        order in vec(any::<u32>(), 200),
        portion in 1..7_usize,
    ) {
        let lines = logged(&runs);
        let plain = table(lines.clone());
        let found: Vec<Row> = runs.last().unwrap().1.iter().copied().map(row).collect();
        let found: BTreeSet<Row> = found.into_iter().collect();
        prop_assert_eq!(plain.rows().map(|rows| rows.cloned().collect()), Some(found));
        let mut shuffled = lines.clone();
        shuffled.extend(repeated.iter().map(|index| index.get(&lines).clone()));
        let mut keyed: Vec<_> = order.iter().cycle().zip(shuffled).collect();
        keyed.sort_by_key(|(key, _)| **key);
        let mut other = Table::default();
        for portion in keyed.chunks(portion) {
            // Each portion comes in a request of its own; the table is stored in between.
            let stored = serde_json::to_string(&other).unwrap();
            other = serde_json::from_str(&stored).unwrap();
            other.apply(portion.iter().map(|(_, line)| line.clone()), NOW);
        }
        prop_assert_eq!(rows(&other), rows(&plain));
    }

    #[test]
    fn what_is_stored_comes_back(runs in vec((kind(), btree_set(0..12_u8, 1..8)), 0..12)) {
        let table = table(logged(&runs));
        let stored = serde_json::to_vec(&table).unwrap();
        prop_assert_eq!(serde_json::from_slice::<Table>(&stored).unwrap(), table);
    }
}

#[test]
fn a_batch_is_applied_once_or_harmlessly() {
    let batch = [
        (run(10, 0, 0), difference(&[1, 2], &[])),
        (run(20, 1, 0), difference(&[3], &[1])),
        (run(30, 2, 0), difference(&[1], &[9])),
    ];
    let mut twice = table(batch.clone());
    assert_eq!(rows(&twice), Some(vec![row(1), row(2), row(3)]));
    twice.apply(batch[..2].iter().cloned(), NOW);
    assert_eq!(rows(&twice), Some(vec![row(1), row(2), row(3)]));
    assert!(!twice.is_lacking());
}

#[test]
fn another_epoch_and_the_counter_zero_replace_all() {
    let mut rows_of = table([(run(10, 0, 1), difference(&[1, 2], &[]))]);
    rows_of.apply([(run(20, 0, 2), difference(&[3], &[]))], NOW);
    assert_eq!(rows(&rows_of), Some(vec![row(3)]));
    rows_of.apply([(run(30, 0, 2), difference(&[4], &[]))], NOW);
    assert_eq!(rows(&rows_of), Some(vec![row(4)]));
    // What is sent again of the epoch before does not come back.
    rows_of.apply([(run(10, 0, 1), difference(&[1, 2], &[]))], NOW);
    assert_eq!(rows(&rows_of), Some(vec![row(4)]));
}

#[test]
fn without_the_first_run_nothing_is_known() {
    let mut lost = table([(run(20, 1, 0), difference(&[3], &[]))]);
    assert_eq!(rows(&lost), None);
    assert!(lost.is_lacking());
    lost.apply([(run(10, 0, 0), difference(&[1], &[]))], NOW);
    assert_eq!(rows(&lost), Some(vec![row(1), row(3)]));
    // Of another epoch the first run is missing, too.
    lost.apply([(run(30, 4, 7), difference(&[5], &[]))], NOW);
    assert_eq!(rows(&lost), None);
    lost.apply([(run(40, 0, 7), all(&[6]))], NOW);
    assert_eq!(rows(&lost), Some(vec![row(6)]));
}

#[test]
fn a_run_that_is_missing_is_asked_for() {
    let mut table = table([
        (run(10, 0, 0), difference(&[1], &[])),
        (run(30, 2, 0), difference(&[3], &[])),
    ]);
    // What is known stands until all is told anew.
    assert_eq!(rows(&table), Some(vec![row(1), row(3)]));
    assert!(table.is_lacking());
    table.apply([(run(40, 0, 0), all(&[1, 3]))], NOW);
    assert!(!table.is_lacking());
}

/// The text of the query has changed: osquery begins to count anew, but logs differences.
#[test]
fn a_first_run_that_removes_rows_does_not_tell_all() {
    let mut table = table([(run(10, 0, 0), difference(&[1, 2], &[]))]);
    table.apply([(run(20, 0, 0), difference(&[3], &[1]))], NOW);
    assert_eq!(rows(&table), None);
}

#[test]
fn an_empty_snapshot_says_that_there_is_nothing() {
    let mut table = table([(run(10, 0, 0), all(&[1]))]);
    table.apply([(run(20, 0, 0), all(&[]))], NOW);
    assert_eq!(rows(&table), Some(vec![]));
}

#[test]
fn a_clock_that_is_set_right_shuts_nothing_out() {
    let ahead = NOW + 400 * 24 * 60 * 60;
    let mut table = table([(run(ahead, 0, 0), all(&[1]))]);
    assert_eq!(rows(&table), Some(vec![row(1)]));
    table.apply([(run(NOW - 5, 0, 0), all(&[2]))], NOW);
    assert_eq!(rows(&table), Some(vec![row(2)]));
}

#[test]
fn there_are_limits() {
    let many: Vec<Row> = (0..MAX_ROWS + MAX_REMOVED + 10)
        .map(|n| Row::from([("name", n.to_string().as_str())]))
        .collect();
    let mut table = table([(run(10, 0, 0), Change::All(many.clone()))]);
    assert!(table.is_cut());
    assert_eq!(table.rows().unwrap().count(), MAX_ROWS);
    let removed = Change::Difference {
        added: Vec::new(),
        removed: many,
    };
    table.apply([(run(20, 1, 0), removed)], NOW);
    assert_eq!(table.rows().unwrap().count(), 0);
    // Another one later lets those of the run before go.
    table.apply([(run(30, 2, 0), difference(&[], &[1]))], NOW);
    assert!(table.marks.len() <= MAX_REMOVED + MAX_ROWS);
}

#[test]
fn a_counter_may_be_as_high_as_it_gets() {
    let table = table([
        (run(10, 0, 0), difference(&[1], &[])),
        (run(20, u64::MAX, 0), difference(&[2], &[])),
        (run(30, u64::MAX, 0), difference(&[3], &[])),
    ]);
    assert_eq!(rows(&table), Some(vec![row(1), row(2), row(3)]));
    assert!(table.is_lacking());
}

/// Each request brings little; all together must not grow for ever.
#[test]
fn rows_say_so_much_and_no_more() {
    let wide = |n: usize| {
        let text = "x".repeat(1_000);
        let columns = (0..60).map(|c| format!(r#""c{c}":"{text}""#));
        let columns: Vec<String> = columns.collect();
        let row = format!(r#"{{"n":{n},{}}}"#, columns.join(","));
        serde_json::from_str::<Row>(&row).unwrap()
    };
    let mut table = table([(run(10, 0, 0), all(&[1]))]);
    for n in 0..300 {
        let change = Change::Difference {
            added: vec![wide(n)],
            removed: Vec::new(),
        };
        table.apply([(run(20, 1, 0), change)], NOW);
    }
    assert!(table.is_cut());
    let said = |table: &Table| table.marks.keys().map(Row::size).sum::<usize>();
    assert!((MAX_BYTES / 2..=MAX_BYTES).contains(&said(&table)));
    let kept: Table = serde_json::from_str(&serde_json::to_string(&table).unwrap()).unwrap();
    assert_eq!(kept, table);
    // The next list of all makes room.
    table.apply([(run(30, 0, 0), all(&[1, 2]))], NOW);
    assert_eq!((table.is_cut(), table.bytes), (false, said(&table)));
}
