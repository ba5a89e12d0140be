//! A server that is measured, and a client for it.

use std::fs;
use std::io::Read;
use std::net::{SocketAddr, TcpListener};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context, bail, ensure};
use serde::de::DeserializeOwned;

use crate::kbgap::Kbgap;
use crate::process::cpu;

/// Processor time of a second, in seconds, below which a server does nothing by itself.
const IDLE: f64 = 0.03;

/// A running server. It is killed when the measurement is over, however that ends.
pub(crate) struct Server {
    child: Child,
    pub(crate) address: SocketAddr,
    pub(crate) url: String,
    /// Seconds from its start to its first answer.
    pub(crate) started: f64,
}

impl Drop for Server {
    fn drop(&mut self) {
        // It may have ended by itself; there is nothing else to do then.
        drop(self.child.kill());
        drop(self.child.wait());
    }
}

impl Server {
    /// Starts one on a data folder, without limits of calls.
    ///
    /// # Errors
    /// When it does not answer within ten minutes.
    pub(crate) fn start(kbgap: &Kbgap, data_dir: &Path) -> anyhow::Result<Self> {
        let config = data_dir.join("bench.toml");
        fs::write(&config, "[rate_limits]\nenabled = false\n")?;
        let mut command = kbgap.command(data_dir);
        command.arg("serve").arg("--config").arg(&config);
        Self::of(command)
    }

    /// Starts a command that takes `--listen`.
    ///
    /// # Errors
    /// As [`Server::start`].
    pub(crate) fn of(mut command: Command) -> anyhow::Result<Self> {
        // Bound and freed again: the next to bind it is the server.
        let address = TcpListener::bind("127.0.0.1:0")?.local_addr()?;
        let start = Instant::now();
        let child = command
            .args(["--listen", &address.to_string()])
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()?;
        let mut server = Self {
            child,
            address,
            url: format!("http://{address}"),
            started: 0.0,
        };
        let ready = format!("{}/readyz", server.url);
        while start.elapsed() < Duration::from_secs(600) {
            if ureq::get(&ready).call().is_ok() {
                server.started = start.elapsed().as_secs_f64();
                return Ok(server);
            }
            if let Some(status) = server.child.try_wait()? {
                bail!("the server has ended: {status}");
            }
            // Who waits long must not take a core from who starts.
            let first = start.elapsed() < Duration::from_secs(1);
            thread::sleep(Duration::from_micros(if first { 500 } else { 5_000 }));
        }
        bail!("the server does not answer on {ready}")
    }

    /// Stops it as an administrator does, and waits for its end.
    ///
    /// # Errors
    /// When it cannot be told.
    pub(crate) fn stop(&mut self) -> anyhow::Result<()> {
        let told = Command::new("kill")
            .arg(self.child.id().to_string())
            .status()?;
        ensure!(told.success(), "the server cannot be told to stop");
        self.child.wait()?;
        Ok(())
    }

    /// Processor time that it took until now, seconds.
    ///
    /// # Errors
    /// Where there is no `/proc`.
    pub(crate) fn cpu(&self) -> anyhow::Result<f64> {
        cpu(self.child.id())
    }

    /// Waits until it has nothing to do by itself: behind a start and a feed it looks for what
    /// that changes in the history of all machines. Gives for how long, seconds.
    ///
    /// # Errors
    /// Where there is no `/proc`, or where it does not come to rest.
    pub(crate) fn rest(&self) -> anyhow::Result<f64> {
        let begun = Instant::now();
        let mut before = self.cpu()?;
        while begun.elapsed() < Duration::from_secs(1_800) {
            thread::sleep(Duration::from_secs(1));
            let now = self.cpu()?;
            if now - before < IDLE {
                return Ok(begun.elapsed().as_secs_f64());
            }
            before = now;
        }
        bail!("the server does not come to rest")
    }

    /// How long its threads that are there now were ready and waited for a core, seconds.
    ///
    /// # Errors
    /// Where there is no `/proc`.
    pub(crate) fn waited(&self) -> anyhow::Result<f64> {
        let mut nanoseconds = 0.0;
        for thread in fs::read_dir(format!("/proc/{}/task", self.child.id()))? {
            // It may have ended meanwhile.
            let text = fs::read_to_string(thread?.path().join("schedstat")).unwrap_or_default();
            let waited = text.split_whitespace().nth(1).map(str::parse::<f64>);
            nanoseconds += waited.transpose()?.unwrap_or_default();
        }
        Ok(nanoseconds / 1e9)
    }

    /// The most memory that was ever resident, MB.
    ///
    /// # Errors
    /// Where there is no `/proc`.
    pub(crate) fn most_memory(&self) -> anyhow::Result<f64> {
        self.status("VmHWM:")
    }

    /// Memory that is resident now, MB.
    ///
    /// # Errors
    /// Where there is no `/proc`.
    pub(crate) fn memory(&self) -> anyhow::Result<f64> {
        self.status("VmRSS:")
    }

    /// Runs something, and the most memory that was resident meanwhile, MB.
    ///
    /// # Errors
    /// What the work fails with, or where there is no `/proc`.
    pub(crate) fn peak<T>(
        &self,
        work: impl FnOnce() -> anyhow::Result<T>,
    ) -> anyhow::Result<(T, f64)> {
        // 5 sets the peak back to what is resident now.
        fs::write(format!("/proc/{}/clear_refs", self.child.id()), "5")?;
        let done = work()?;
        Ok((done, self.status("VmHWM:")?))
    }

    fn status(&self, name: &str) -> anyhow::Result<f64> {
        let text = fs::read_to_string(format!("/proc/{}/status", self.child.id()))?;
        let value = text.lines().find_map(|line| line.strip_prefix(name));
        let kb: f64 = value
            .and_then(|value| value.split_whitespace().next())
            .with_context(|| format!("no {name}"))?
            .parse()?;
        Ok(kb * 1_024.0 / 1e6)
    }
}

/// Asks with a token.
#[derive(Clone)]
pub(crate) struct Client {
    agent: ureq::Agent,
    pub(crate) bearer: String,
}

/// An answer that was read to its end and not kept.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Taken {
    /// Seconds from the request to the last byte.
    pub(crate) seconds: f64,
    pub(crate) bytes: u64,
}

impl Client {
    /// With a token for these roles.
    ///
    /// # Errors
    /// When none is issued.
    pub(crate) fn new(kbgap: &Kbgap, data_dir: &Path, roles: &[&str]) -> anyhow::Result<Self> {
        let mut command = kbgap.command(data_dir);
        command.arg("token");
        for role in roles {
            command.args(["--role", role]);
        }
        let output = command.output()?;
        ensure!(output.status.success(), "no token is issued");
        let token = String::from_utf8(output.stdout)?;
        Ok(Self {
            agent: ureq::Agent::new_with_defaults(),
            bearer: format!("Bearer {}", token.trim()),
        })
    }

    fn get(&self, url: &str) -> anyhow::Result<impl Read> {
        let request = self.agent.get(url).header("Authorization", &self.bearer);
        let answer = request.call().with_context(|| url.to_owned())?;
        // Pages are larger than what a client takes by default.
        let body = answer.into_body().into_with_config();
        Ok(body.limit(u64::MAX).reader())
    }

    /// # Errors
    /// When it is not answered with 200.
    pub(crate) fn take(&self, url: &str) -> anyhow::Result<Taken> {
        let start = Instant::now();
        let bytes = std::io::copy(&mut self.get(url)?, &mut std::io::sink())?;
        Ok(Taken {
            seconds: start.elapsed().as_secs_f64(),
            bytes,
        })
    }

    /// # Errors
    /// When it is not answered with 200, or with something else.
    pub(crate) fn read<T: DeserializeOwned>(&self, url: &str) -> anyhow::Result<T> {
        let mut bytes = Vec::new();
        self.get(url)?.read_to_end(&mut bytes)?;
        Ok(serde_json::from_slice(&bytes)?)
    }

    /// # Errors
    /// When it is not answered with 200.
    pub(crate) fn post(&self, url: &str, body: &str) -> anyhow::Result<()> {
        let request = self.agent.post(url).header("Authorization", &self.bearer);
        request.send(body).with_context(|| url.to_owned())?;
        Ok(())
    }
}
