//! A server that is measured, and a client for it.

use std::fs;
use std::io::Read;
use std::net::TcpListener;
use std::path::Path;
use std::process::{Child, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context, bail, ensure};
use serde::de::DeserializeOwned;

use crate::kbgap::Kbgap;

/// A running server. It is killed when the measurement is over, however that ends.
pub(crate) struct Server {
    child: Child,
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
    /// When it does not answer within a minute.
    pub(crate) fn start(kbgap: &Kbgap, data_dir: &Path) -> anyhow::Result<Self> {
        let config = data_dir.join("bench.toml");
        fs::write(&config, "[rate_limits]\nenabled = false\n")?;
        // Bound and freed again: the next to bind it is the server.
        let address = TcpListener::bind("127.0.0.1:0")?.local_addr()?;
        let start = Instant::now();
        let child = kbgap
            .command(data_dir)
            .arg("serve")
            .args(["--listen", &address.to_string()])
            .arg("--config")
            .arg(&config)
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()?;
        let mut server = Self {
            child,
            url: format!("http://{address}"),
            started: 0.0,
        };
        let ready = format!("{}/readyz", server.url);
        while start.elapsed() < Duration::from_secs(60) {
            if ureq::get(&ready).call().is_ok() {
                server.started = start.elapsed().as_secs_f64();
                return Ok(server);
            }
            thread::sleep(Duration::from_micros(500));
        }
        bail!("the server does not answer on {ready}")
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
    bearer: String,
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
