//! kbgap: which Microsoft security updates are missing, on how many machines,
//! and what would installing them fix?

mod allocator;
mod args;
mod check;
mod commands;
mod demo;
mod hosts;
mod memory;
mod output;
mod progress;
mod usage;

use std::process::ExitCode;

use clap::Parser;
use kbgap_server::Clock;
use kbgap_server::feed::{ImportOptions, is_bundle};

use args::{AppCommand, Cli, Command, FeedCommand, FleetCommand, MachineCommand, SoftwareCommand};

#[global_allocator]
static ALLOCATOR: allocator::Mimalloc = allocator::Mimalloc;

fn main() -> ExitCode {
    let cli = match Cli::try_parse() {
        Ok(cli) => cli,
        Err(refusal) => return usage::answer(&refusal),
    };
    match run(cli) {
        Ok(code) => code,
        Err(error) => {
            // Causes that the message already tells are not told twice.
            let mut message = error.to_string();
            for cause in error.chain().skip(1).map(ToString::to_string) {
                if !message.contains(&cause) {
                    message = format!("{message}: {cause}");
                }
            }
            output::note(&format!("error: {message}"));
            ExitCode::FAILURE
        }
    }
}

fn run(cli: Cli) -> anyhow::Result<ExitCode> {
    let data_dir = cli.data_dir;
    match cli.command {
        // What needs no server and no store needs no runtime either: a check is over in milliseconds.
        Command::Check(args) => return commands::check::run(&data_dir, &args),
        Command::Software(SoftwareCommand::Unrecognised(args)) => {
            return commands::software_unrecognised::run(&args);
        }
        Command::Fleet(FleetCommand::Generate(args)) => commands::fleet_generate::run(&args)?,
        Command::Demo(args) => commands::runtime()?.block_on(demo::run(args))?,
        Command::Serve(args) => {
            commands::runtime()?.block_on(commands::serve::run(&data_dir, args))?
        }
        Command::Feed(FeedCommand::Import {
            paths,
            allow_shrink,
            force,
            trust,
            format,
        }) => {
            let (bundles, paths): (Vec<_>, Vec<_>) =
                paths.into_iter().partition(|path| is_bundle(path));
            let options = ImportOptions {
                allow_shrink,
                force,
                ..ImportOptions::default()
            }
            .at(Clock::real_seconds());
            for file in &bundles {
                commands::runtime()?.block_on(commands::feed_bundle::import(
                    &data_dir, file, &trust, options, format,
                ))?;
            }
            if paths.is_empty() {
                return Ok(ExitCode::SUCCESS);
            }
            return commands::runtime()?.block_on(commands::feed_import::run(
                &data_dir, &paths, options, format,
            ));
        }
        Command::Feed(FeedCommand::Export { file, key, format }) => {
            commands::runtime()?.block_on(commands::feed_bundle::export(
                &data_dir, &file, &key, format,
            ))?;
        }
        Command::Feed(FeedCommand::Keygen { file }) => commands::feed_bundle::keygen(&file)?,
        Command::Feed(FeedCommand::Sync(args)) => {
            return commands::runtime()?.block_on(commands::feed_sync::run(&data_dir, args));
        }
        Command::Feed(FeedCommand::Status { details, format }) => {
            commands::runtime()?
                .block_on(commands::feed_status::run(&data_dir, details, format))?;
        }
        Command::Machine(MachineCommand::Import(args)) => {
            return commands::runtime()?.block_on(commands::machine_import::run(&data_dir, &args));
        }
        Command::MissingKbs(args) => {
            commands::runtime()?.block_on(commands::missing_kbs::run(&data_dir, &args))?
        }
        Command::Explain(args) => {
            commands::runtime()?.block_on(commands::explain::run(&data_dir, &args))?
        }
        Command::App(AppCommand::Create { name, role, format }) => {
            commands::runtime()?
                .block_on(commands::app::create(&data_dir, &name, &role, format))?;
        }
        Command::App(AppCommand::List { format }) => {
            commands::runtime()?.block_on(commands::app::list(&data_dir, format))?;
        }
        Command::App(AppCommand::Delete { client_id }) => {
            commands::runtime()?.block_on(commands::app::delete(&data_dir, &client_id))?;
        }
        Command::Osquery(command) => {
            commands::runtime()?.block_on(commands::osquery::run(&data_dir, command))?;
        }
        Command::Token(args) => {
            commands::runtime()?.block_on(commands::token::run(&data_dir, &args))?
        }
    }
    Ok(ExitCode::SUCCESS)
}
