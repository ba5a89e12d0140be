//! Fleets as whoever reads the documents sees them.

#![expect(clippy::unwrap_used, reason = "helpers of tests fail by panicking")]

mod documents;
mod states;

use kbgap_generate::{Fleet, Generator};
use kbgap_inventory::{Machine, native};

/// The lines of some machines.
fn lines(generator: &Generator, numbers: std::ops::Range<u64>, day: u32) -> String {
    let mut lines = Vec::new();
    for number in numbers {
        generator.write(number, day, &mut lines);
    }
    String::from_utf8(lines).unwrap()
}

/// The machines as the server reads them.
fn machines(generator: &Generator, numbers: std::ops::Range<u64>, day: u32) -> Vec<Machine> {
    lines(generator, numbers, day)
        .lines()
        .map(|line| native::machine(line).unwrap().normalized())
        .collect()
}

fn generator() -> Generator {
    Generator::new(Fleet::new(1))
}
