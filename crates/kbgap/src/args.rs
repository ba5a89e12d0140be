//! What can be typed.

mod app;
mod osquery;

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand, ValueEnum};
use jiff::civil::Date;
use kbgap_auth::BundlePublicKey;

pub(crate) use app::{AppCommand, TokenArgs};
pub(crate) use osquery::{NodeCommand, OsqueryCommand, SecretCommand};

/// Which Microsoft security updates are missing, on how many machines, and what
/// would installing them fix?
#[derive(Debug, Parser)]
#[command(
    name = "kbgap",
    version,
    about,
    max_term_width = 100,
    disable_help_subcommand = true
)]
pub(crate) struct Cli {
    /// Folder of the database and the catalogue
    #[arg(
        long,
        global = true,
        env = "KBGAP_DATA_DIR",
        default_value = "kbgap-data",
        value_name = "DIR"
    )]
    pub(crate) data_dir: PathBuf,
    #[command(subcommand)]
    pub(crate) command: Command,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Start a server with a sample feed and fleet in a temporary folder
    Demo(DemoArgs),
    /// Start the server
    Serve(ServeArgs),
    /// Fetch, import and show the vendor's feed
    #[command(subcommand)]
    Feed(FeedCommand),
    /// Import what machines report
    #[command(subcommand)]
    Machine(MachineCommand),
    /// See how programs that hosts report are recognised
    #[command(subcommand)]
    Software(SoftwareCommand),
    /// Make synthetic fleets for trials and benchmarks
    #[command(subcommand)]
    Fleet(FleetCommand),
    /// Tell what one host is missing and why, without a server
    Check(CheckArgs),
    /// List missing KBs of the stored machines
    MissingKbs(MissingKbsArgs),
    /// Explain why a KB is missing on a stored machine, or why not
    Explain(ExplainArgs),
    /// Register applications that may use the API
    #[command(subcommand)]
    App(AppCommand),
    /// Secrets and hosts of osquery
    #[command(subcommand)]
    Osquery(OsqueryCommand),
    /// Print a short-lived token of the embedded issuer
    Token(TokenArgs),
}

#[derive(Debug, Args)]
pub(crate) struct DemoArgs {
    /// Address and port to listen on
    #[arg(long, default_value = "127.0.0.1:8080", value_name = "ADDR:PORT", value_parser = address)]
    pub(crate) listen: String,
}

#[derive(Debug, Args)]
pub(crate) struct ServeArgs {
    /// Configuration file (TOML)
    #[arg(long, value_name = "FILE")]
    pub(crate) config: Option<PathBuf>,
    /// Address and port to listen on (default 127.0.0.1:8080)
    #[arg(long, value_name = "ADDR:PORT", value_parser = address)]
    pub(crate) listen: Option<String>,
    /// URL under which clients reach the server (default: the request's host)
    #[arg(long, value_name = "URL")]
    pub(crate) public_url: Option<String>,
}

#[derive(Debug, Subcommand)]
pub(crate) enum FeedCommand {
    /// Import what a feed consists of: files or folders
    ///
    /// Microsoft's monthly documents (CVRF as .xml or .json) and advisories (CSAF and VEX, .json), CISA's known exploited
    /// vulnerabilities (.json or .csv) and FIRST's EPSS scores (.csv), plain, packed (.gz, .zst) or in archives (.zip).
    /// Each is known by its content. So are bundles, as `kbgap feed export` writes them, which take a key that is trusted.
    Import {
        /// Files or folders
        #[arg(required = true, value_name = "PATH")]
        paths: Vec<PathBuf>,
        /// Take a newer month even where it lists less than the known one
        #[arg(long)]
        allow_shrink: bool,
        /// Take what is named even where the known one is newer or lists more, or where it is dated in the future
        #[arg(long)]
        force: bool,
        /// Public key whose bundles are taken, beside those in `trusted-keys` of the data folder
        #[arg(long, value_name = "KEY")]
        trust: Vec<BundlePublicKey>,
        #[command(flatten)]
        format: Format,
    },
    /// Write all of the feed into one signed file, for servers that reach no network
    ///
    /// There, `kbgap feed import FILE` takes it where the public key is trusted.
    Export {
        /// File to write, such as feed.kbgap
        #[arg(value_name = "FILE")]
        file: PathBuf,
        /// Private key, as `kbgap feed keygen` or `openssl genpkey -algorithm ed25519` makes it
        #[arg(long, value_name = "FILE")]
        key: PathBuf,
        #[command(flatten)]
        format: Format,
    },
    /// Make a key to sign exports with; prints its public key
    Keygen {
        /// File for the private key, which must not exist yet
        #[arg(value_name = "FILE")]
        file: PathBuf,
    },
    /// Fetch what is new or changed from the vendor's API
    Sync(SyncArgs),
    /// Show what the catalogue holds and what was odd
    Status {
        /// List the odd values and the products that map to no software
        #[arg(long)]
        details: bool,
        #[command(flatten)]
        format: Format,
    },
}

#[derive(Debug, Args)]
pub(crate) struct SyncArgs {
    /// Where the documents are, for a mirror of the vendor's API
    #[arg(long, value_name = "URL", default_value = kbgap_sync::VENDOR, value_parser = kbgap_sync::base_url)]
    pub(crate) url: String,
    /// Where CISA's catalogue of known exploited vulnerabilities is (default: its own site, or none with --url)
    #[arg(long, value_name = "URL", value_parser = kbgap_sync::list_url)]
    pub(crate) kev_url: Option<String>,
    /// Where the scores of EPSS are (default: their own site, or none with --url)
    #[arg(long, value_name = "URL", value_parser = kbgap_sync::list_url)]
    pub(crate) epss_url: Option<String>,
    /// Fetch the vendor's documents only
    #[arg(long, conflicts_with_all = ["kev_url", "epss_url"])]
    pub(crate) no_lists: bool,
    /// Proxy (default: HTTPS_PROXY, HTTP_PROXY, ALL_PROXY and NO_PROXY of the environment)
    #[arg(long, value_name = "URL")]
    pub(crate) proxy: Option<String>,
    /// PEM file of the authorities to trust instead of the public ones
    #[arg(long, value_name = "FILE")]
    pub(crate) ca_file: Option<PathBuf>,
    /// Seconds that one document may take
    #[arg(long, value_name = "S", default_value_t = 600, value_parser = clap::value_parser!(u64).range(1..=86_400))]
    pub(crate) timeout: u64,
    /// How often a document is tried
    #[arg(long, value_name = "N", default_value_t = 5, value_parser = clap::value_parser!(u32).range(1..=20))]
    pub(crate) attempts: u32,
    /// Take a newer month even where it lists less than the known one
    #[arg(long)]
    pub(crate) allow_shrink: bool,
    #[command(flatten)]
    pub(crate) format: Format,
}

#[derive(Debug, Subcommand)]
pub(crate) enum MachineCommand {
    /// Import inventories of any known form, recognised by content
    ///
    /// Native documents, systeminfo, Get-ComputerInfo, Get-HotFix and `wmic qfe`, registry exports, CSV with
    /// a header, CycloneDX, scan results of Vuls, and exports of Microsoft Defender. Reports of the same host
    /// are put together by the name that they tell.
    Import(ImportArgs),
}

#[derive(Debug, Subcommand)]
pub(crate) enum SoftwareCommand {
    /// List the programs of inventories that are not recognised, without a server
    Unrecognised(UnrecognisedArgs),
}

#[derive(Debug, Args)]
pub(crate) struct UnrecognisedArgs {
    /// Inventories of any known form, folders of them, or `-` for standard input
    #[arg(required = true, value_name = "FILE")]
    pub(crate) files: Vec<PathBuf>,
    /// List those that are recognised as well, and as what
    #[arg(long)]
    pub(crate) all: bool,
    #[command(flatten)]
    pub(crate) format: Format,
}

#[derive(Debug, Args)]
pub(crate) struct ImportArgs {
    /// Files, folders of them, or `-` for standard input
    #[arg(required = true, value_name = "PATH")]
    pub(crate) paths: Vec<PathBuf>,
    /// All that is named is of this host: for reports that do not tell their host's name
    #[arg(long, value_name = "NAME", value_parser = host_name)]
    pub(crate) machine: Option<String>,
    /// Show what would be imported, and as what, and store nothing
    #[arg(long)]
    pub(crate) preview: bool,
    #[command(flatten)]
    pub(crate) format: Format,
}

#[derive(Debug, Subcommand)]
pub(crate) enum FleetCommand {
    /// Write the native documents of a synthetic fleet, one a line
    ///
    /// A machine's document depends on the seed, its number and the day alone, so any part of a
    /// fleet can be made by itself (`--from`). No feed is needed: updates, revisions and versions are
    /// facts of January 2022 to June 2026, and day 0 is a week after the updates of June 2026.
    ///
    /// What a day changes: nine of ten machines are seen again, most with nothing else new. A few in a
    /// hundred install the month's updates as their ring does (most within five weeks, the rest have
    /// stopped for good), and Edge when it has a new version; two in a hundred update their other programs. One
    /// in 1,500 is replaced: it is gone, and its number has a new device with another name and id. One or two in a
    /// hundred have been silent since a month or more before day 0.
    Generate(GenerateArgs),
}

#[derive(Debug, Args)]
pub(crate) struct GenerateArgs {
    /// How many machines
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u64).range(1..=kbgap_generate::LAST_NUMBER))]
    pub(crate) machines: u64,
    /// Another seed gives another fleet
    #[arg(long, value_name = "S")]
    pub(crate) seed: u64,
    /// Number of the first machine
    #[arg(long, default_value_t = 0, value_name = "K", value_parser = clap::value_parser!(u64).range(..=kbgap_generate::LAST_NUMBER))]
    pub(crate) from: u64,
    /// So many days after day 0; name an earlier date with --as-of, or they are days to come
    #[arg(long, default_value_t = 0, value_name = "D", value_parser = clap::value_parser!(u32).range(..=i64::from(kbgap_generate::LAST_DAY)))]
    pub(crate) day: u32,
    /// About how many patch states 1,000,000 machines have: how many differ in what rules read
    #[arg(long, default_value_t = 20_000, value_name = "N", value_parser = clap::value_parser!(u32).range(1..=1_000_000))]
    pub(crate) states: u32,
    /// The date of day 0, as `seenAt` has it (default: yesterday)
    #[arg(long, value_name = "DATE", value_parser = as_of)]
    pub(crate) as_of: Option<Date>,
    /// File to write; packed where its name ends in .gz or .zst (default: standard output)
    #[arg(long, value_name = "FILE")]
    pub(crate) out: Option<PathBuf>,
}

#[derive(Debug, Args)]
pub(crate) struct CheckArgs {
    /// Inventories of one or more hosts in any known form, folders of them, or `-` for standard input; reports
    /// of the same host go together
    #[arg(required = true, value_name = "FILE")]
    pub(crate) files: Vec<PathBuf>,
    /// All that is named is of this host: for reports that do not tell their host's name
    #[arg(long, value_name = "NAME", value_parser = host_name)]
    pub(crate) machine: Option<String>,
    /// Form of the answer
    #[arg(long, value_enum, default_value_t = CheckFormat::Table)]
    pub(crate) format: CheckFormat,
    /// Say of this day, as in 2026-10-13, whether Windows and software are supported (default: today)
    #[arg(long, value_name = "DAY")]
    pub(crate) date: Option<Date>,
    /// End with exit code 3 when something of the kind is found, and with 1 when a host could not be assessed
    #[arg(long, value_enum, value_name = "WHAT")]
    pub(crate) fail_on: Option<FailOn>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum CheckFormat {
    /// For people
    Table,
    /// One object for each host
    Json,
    /// One line for each missing KB
    Csv,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum FailOn {
    /// A KB is missing
    Missing,
    /// A missing KB fixes a CVE that is exploited in the wild
    KnownExploited,
}

#[derive(Debug, Args)]
pub(crate) struct MissingKbsArgs {
    /// Software, such as microsoft-_-windows_10
    #[arg(
        required_unless_present = "machine",
        conflicts_with = "machine",
        value_name = "SOFTWARE"
    )]
    pub(crate) software: Option<String>,
    /// One machine instead, by id or name
    #[arg(long, value_name = "ID")]
    pub(crate) machine: Option<String>,
    #[command(flatten)]
    pub(crate) format: Format,
}

#[derive(Debug, Args)]
pub(crate) struct ExplainArgs {
    /// Machine, by id or name, or a file with its inventory (`-` for standard input)
    #[arg(value_name = "MACHINE")]
    pub(crate) machine: String,
    /// KB number
    #[arg(value_name = "KB")]
    pub(crate) kb: String,
    #[command(flatten)]
    pub(crate) format: Format,
}

#[derive(Clone, Copy, Debug, Args)]
pub(crate) struct Format {
    /// Form of the answer
    #[arg(long, value_enum, default_value_t = OutputFormat::Table)]
    pub(crate) format: OutputFormat,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum OutputFormat {
    /// For people
    Table,
    /// For programs
    Json,
}

/// A name as a report may tell it.
fn host_name(text: &str) -> Result<String, String> {
    let name = text.trim();
    let is_name =
        !name.is_empty() && name.chars().count() <= 255 && !name.chars().any(char::is_control);
    is_name
        .then(|| name.to_owned())
        .ok_or_else(|| "expected a host's name of at most 255 characters".to_owned())
}

/// Whether the address can be had shows when it is listened on; its form shows here.
fn address(text: &str) -> Result<String, &'static str> {
    match text.rsplit_once(':') {
        Some((host, port)) if !host.is_empty() && port.parse::<u16>().is_ok() => {
            Ok(text.to_owned())
        }
        _ => Err("expected an address and a port, such as 127.0.0.1:8080"),
    }
}

fn as_of(text: &str) -> Result<Date, String> {
    let (first, last) = kbgap_generate::DATES;
    match text.parse() {
        Ok(date) if (first..=last).contains(&date) => Ok(date),
        _ => Err(format!("expected a date from {first} to {last}")),
    }
}
