//! The tool beside libFuzzer: `list`, `seeds TARGET FOLDER`, `run TARGET FILE...`.

use std::io::{self, Write as _};
use std::path::Path;
use std::process::ExitCode;

use kbgap_fuzz::{TARGETS, of_target, target};

pub(crate) fn main() -> ExitCode {
    let args: Vec<String> = std::env::args().skip(1).collect();
    let args: Vec<&str> = args.iter().map(String::as_str).collect();
    let done = match args.as_slice() {
        ["list"] => list(),
        ["seeds", target, folder] => seeds(target, Path::new(folder)),
        ["run", target, files @ ..] if !files.is_empty() => run(target, files),
        _ => Err(io::Error::other(
            "usage: kbgap-fuzz list | seeds TARGET FOLDER | run TARGET FILE...",
        )),
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            let _ = writeln!(io::stderr(), "error: {error}");
            ExitCode::FAILURE
        }
    }
}

fn list() -> io::Result<()> {
    let mut out = io::stdout().lock();
    TARGETS
        .iter()
        .try_for_each(|target| writeln!(out, "{}", target.name))
}

fn find(name: &str) -> io::Result<&'static kbgap_fuzz::Target> {
    target(name).ok_or_else(|| io::Error::other(format!("there is no target `{name}`: see `list`")))
}

/// Writes the seeds of a target as files, those of `$KBGAP_SHARED` with them.
fn seeds(name: &str, folder: &Path) -> io::Result<()> {
    let target = find(name)?;
    std::fs::create_dir_all(folder)?;
    let shared = std::env::var_os("KBGAP_SHARED");
    let seeds = of_target(target, shared.as_deref().map(Path::new));
    for (seed, number) in seeds.iter().zip(0..) {
        std::fs::write(folder.join(format!("seed-{number:03}")), seed)?;
    }
    Ok(())
}

/// Runs a target over files, such as those that libFuzzer found.
fn run(name: &str, files: &[&str]) -> io::Result<()> {
    let target = find(name)?;
    for file in files {
        writeln!(io::stdout(), "{name} {file}")?;
        (target.run)(&std::fs::read(file)?);
    }
    Ok(())
}
