//! Runs targets. Built by cargo-fuzz it is libFuzzer for the target that `$KBGAP_FUZZ` names;
//! built by cargo it lists targets, writes their seeds, and runs one over files.

#![cfg_attr(fuzzing, no_main)]

#[cfg(fuzzing)]
mod fuzzer;
#[cfg(not(fuzzing))]
mod tool;

#[cfg(not(fuzzing))]
fn main() -> std::process::ExitCode {
    tool::main()
}
