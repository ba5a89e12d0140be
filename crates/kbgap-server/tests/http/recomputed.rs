//! Whatever comes in, by whatever way: the API tells what a plain computation from the
//! store gives, and what a server says that knows nothing but the store.

mod fresh;
mod plain;
mod world;

use crate::harness::TestServer;
use world::World;

/// Plays some steps, and compares after each.
fn play(seed: u64, steps: usize) {
    let mut world = World::new(TestServer::start(), seed);
    for step in 0..steps {
        let what = world.step();
        let at = format!("seed {seed}, step {step}: {what}");
        plain::check(&world, &at);
        if step % 6 == 5 {
            fresh::check(&mut world, &at);
        }
    }
}

#[test]
fn after_every_step_of_one_fleet() {
    play(1, 42);
}

#[test]
fn after_every_step_of_another_fleet() {
    play(2, 42);
}

#[test]
fn after_every_step_of_a_third_fleet() {
    play(3, 42);
}
