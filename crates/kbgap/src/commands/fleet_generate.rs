//! `kbgap fleet generate`.

use std::fs::File;
use std::io::{self, Write};
use std::path::Path;

use anyhow::Context;
use flate2::Compression;
use flate2::write::GzEncoder;
use jiff::Timestamp;
use jiff::tz::Offset;
use kbgap_generate::{Fleet, Generator, LAST_NUMBER};

use crate::args::GenerateArgs;
use crate::progress::Progress;

/// Documents are handed on in pieces of about this size.
const PIECE: usize = 256 << 10;

pub(crate) fn run(args: &GenerateArgs) -> anyhow::Result<()> {
    let generator = Generator::new(Fleet {
        seed: args.seed,
        states: args.states,
        as_of: match args.as_of {
            Some(date) => date,
            // All of that day is over, so that nothing is seen in the future.
            None => Offset::UTC
                .to_datetime(Timestamp::now())
                .date()
                .yesterday()?,
        },
    });
    let Some(file) = &args.out else {
        return match write(&generator, args, io::stdout().lock(), &|_| {}) {
            // A reader that has gone away (`| head`) is no failure.
            Err(e) if e.kind() == io::ErrorKind::BrokenPipe => Ok(()),
            other => Ok(other.map(drop)?),
        };
    };
    let total = usize::try_from(args.machines)?;
    let progress = Progress::new(total, "machines");
    let done = |done| progress.set(done, total);
    let written = write_file(&generator, args, file, &done);
    progress.finish();
    written.with_context(|| format!("{} cannot be written", file.display()))
}

fn write_file(
    generator: &Generator,
    args: &GenerateArgs,
    file: &Path,
    done: &dyn Fn(usize),
) -> io::Result<()> {
    let to = File::create(file)?;
    match file.extension().and_then(|extension| extension.to_str()) {
        Some("gz") => {
            let packer = GzEncoder::new(to, Compression::fast());
            write(generator, args, packer, done)?.finish()?;
        }
        Some("zst") => {
            let packer = zstd::Encoder::new(to, zstd::DEFAULT_COMPRESSION_LEVEL)?;
            write(generator, args, packer, done)?.finish()?;
        }
        _ => drop(write(generator, args, to, done)?),
    }
    Ok(())
}

/// Writes all documents, and gives back what they were written to.
fn write<W: Write>(
    generator: &Generator,
    args: &GenerateArgs,
    mut to: W,
    done: &dyn Fn(usize),
) -> io::Result<W> {
    let mut piece = Vec::with_capacity(2 * PIECE);
    let last = (args.from + args.machines).min(LAST_NUMBER + 1);
    for (count, number) in (args.from..last).enumerate() {
        generator.write(number, args.day, &mut piece);
        if piece.len() >= PIECE {
            to.write_all(&piece)?;
            piece.clear();
            done(count);
        }
    }
    to.write_all(&piece)?;
    to.flush()?;
    Ok(to)
}
