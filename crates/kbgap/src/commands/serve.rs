//! `kbgap serve`.

use std::path::Path;

use kbgap_server::{Clock, Config, Server};
use tracing_subscriber::EnvFilter;

use crate::args::ServeArgs;
use crate::output::note;

pub(crate) async fn run(data_dir: &Path, args: ServeArgs) -> anyhow::Result<()> {
    log();
    let mut config = match &args.config {
        Some(file) => Config::read(file)?,
        None => Config::default(),
    };
    if let Some(listen) = args.listen {
        config.listen = listen;
    }
    if args.public_url.is_some() {
        config.public_url = args.public_url;
    }
    config.check().map_err(anyhow::Error::msg)?;
    let server = Server::start(data_dir, config, Clock::default()).await?;
    note(&format!(
        "kbgap listens on {} (data in {})",
        server.url()?,
        data_dir.display()
    ));
    if let Some(url) = server.metrics_url()? {
        note(&format!("metrics at {url}"));
    }
    server.run(interruption()?).await;
    Ok(())
}

/// The log goes to stderr; `KBGAP_LOG` sets what is told.
pub(crate) fn log() {
    let filter = EnvFilter::try_from_env("KBGAP_LOG").unwrap_or_else(|_| EnvFilter::new("info"));
    tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_writer(std::io::stderr)
        .init();
}

/// Ends on Ctrl-C, when the system asks, or when the terminal is closed. It listens from the call on, not from the
/// first wait: whoever is interrupted while starting can still clean up.
pub(crate) fn interruption() -> anyhow::Result<impl Future<Output = ()> + Send + 'static> {
    #[cfg(unix)]
    {
        use tokio::signal::unix::{SignalKind, signal};
        let mut interrupt = signal(SignalKind::interrupt())?;
        let mut terminate = signal(SignalKind::terminate())?;
        let mut hangup = if outlives_its_terminal() {
            None
        } else {
            Some(signal(SignalKind::hangup())?)
        };
        Ok(async move {
            let closed = async {
                match &mut hangup {
                    Some(hangup) => drop(hangup.recv().await),
                    None => std::future::pending().await,
                }
            };
            tokio::select! {
                _ = interrupt.recv() => {}
                _ = terminate.recv() => {}
                () = closed => {}
            }
        })
    }
    #[cfg(not(unix))]
    {
        let mut ctrl_c = tokio::signal::windows::ctrl_c()?;
        Ok(async move { drop(ctrl_c.recv().await) })
    }
}

/// Whether whoever started this has seen to it that SIGHUP is ignored, as `nohup` does:
/// listening for it would undo that. Where it cannot be asked, the signal keeps the
/// meaning that it came with.
#[cfg(unix)]
fn outlives_its_terminal() -> bool {
    std::fs::read_to_string("/proc/self/status").map_or(true, |status| ignores_hangup(&status))
}

/// Reads the mask of ignored signals, in which SIGHUP is the lowest bit.
#[cfg(unix)]
fn ignores_hangup(status: &str) -> bool {
    status
        .lines()
        .find_map(|line| line.strip_prefix("SigIgn:"))
        .and_then(|mask| u64::from_str_radix(mask.trim(), 16).ok())
        .is_none_or(|mask| mask & 1 == 1)
}

#[cfg(all(test, unix))]
mod tests {
    use super::ignores_hangup;

    #[test]
    fn the_lowest_bit_of_the_mask_is_the_hangup() {
        assert!(ignores_hangup("Name:\tx\nSigIgn:\t0000000000001001\n"));
        assert!(!ignores_hangup("SigIgn:\t0000000000001000\n"));
        assert!(ignores_hangup("Name:\tx\n"));
    }
}
