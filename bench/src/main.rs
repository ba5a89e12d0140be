//! `cargo run --release -p kbgap-bench`: builds kbgap, measures it on the real feed
//! and real hosts, and prints a table. What has a peer is measured beside it in the
//! same run, and only the ratio of the two is a claim: machines differ.

mod drive;
mod figure;
mod fleet;
mod http;
mod kbgap;
mod process;
mod sections;
mod server;
mod wesng;

use std::net::SocketAddr;
use std::path::PathBuf;

use clap::{Parser, ValueEnum};

use crate::figure::Report;
use crate::kbgap::Kbgap;
use crate::sections::scale::{Part, Scale};

/// Measures kbgap on the real feed and real hosts
#[derive(Debug, Parser)]
struct Cli {
    /// What to measure; unless told, all but `scale`
    #[arg(value_enum)]
    sections: Vec<Section>,
    /// Also writes the figures to this file
    #[arg(long, value_name = "FILE")]
    json: Option<PathBuf>,
    /// Folder of the feed and the inventories
    #[arg(
        long,
        env = "KBGAP_SHARED",
        default_value = "../shared",
        value_name = "DIR"
    )]
    shared: PathBuf,
    /// The WES-NG command; without it one is installed from PyPI under `target`
    #[arg(long, value_name = "FILE")]
    wes: Option<PathBuf>,
    /// How often short commands are run; the median counts
    #[arg(long, default_value_t = 11, value_name = "N")]
    runs: usize,
    /// How many machines `scale` has
    #[arg(long, default_value_t = 1_000_000, value_name = "N", value_parser = clap::value_parser!(u64).range(1_000..))]
    machines: u64,
    /// Only these parts of `scale`, such as `ask,groups`
    #[arg(long, value_enum, value_delimiter = ',', value_name = "PART")]
    only: Vec<Part>,
    /// Serves a data folder with one more route: how this program starts itself
    #[arg(long, hide = true, requires = "listen")]
    serve: Option<PathBuf>,
    #[arg(long, hide = true)]
    listen: Option<SocketAddr>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, ValueEnum)]
enum Section {
    /// First start of the server until it answers, size of the binary
    Start,
    /// Import of the whole feed, loading the catalogue
    Import,
    /// `kbgap check` beside WES-NG on the same systeminfo files
    Check,
    /// Lists of a server with 100,000 machines, beside one with 10,000
    Lists,
    /// A fleet of a million machines: loading, asking, reports, the feed; and `check`
    Scale,
}

fn main() -> anyhow::Result<()> {
    let cli = Cli::parse();
    if let (Some(data), Some(listen)) = (&cli.serve, cli.listen) {
        return sections::scale::serve(data, listen);
    }
    let scale = cli.sections.contains(&Section::Scale);
    let wanted = |section| cli.sections.is_empty() || cli.sections.contains(&section);
    let kbgap = Kbgap::build()?;
    let mut report = Report::default();
    if wanted(Section::Start) {
        sections::start::run(&kbgap, cli.runs, &mut report)?;
    }
    if wanted(Section::Import) {
        sections::import::run(&kbgap, &cli.shared, cli.runs, &mut report)?;
    }
    // Whoever measures the large fleet wants this as well, unless parts are named.
    if wanted(Section::Check) || (scale && cli.only.is_empty()) {
        let wes = wesng::Wes::find(cli.wes.as_deref());
        sections::check::run(&kbgap, wes.as_ref(), &cli.shared, cli.runs, &mut report)?;
    }
    if wanted(Section::Lists) {
        sections::lists::run(&kbgap, &cli.shared, cli.runs, &mut report)?;
    }
    if scale {
        let scale = Scale {
            kbgap: &kbgap,
            shared: &cli.shared,
            machines: cli.machines,
            parts: &cli.only,
        };
        scale.run(&mut report)?;
    }
    report.finish(cli.json.as_deref())
}
