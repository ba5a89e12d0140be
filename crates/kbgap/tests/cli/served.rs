//! `kbgap serve`, as an administrator sets it up.

use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};

use kbgap_testkit::tls::{certificate, trusting};

use crate::harness::{command, file};

/// A served data folder.
pub struct Served {
    child: Child,
    pub url: String,
    /// The file of the authority that its clients have to trust; empty without TLS.
    pub authority: PathBuf,
}

impl Served {
    /// Serves without a configuration.
    pub fn plainly(data: &Path) -> Self {
        let args = ["serve", "--listen", "127.0.0.1:0"];
        Self::start(command(data).args(args), PathBuf::new())
    }

    /// Serves with these settings.
    pub fn with(data: &Path, settings: &str) -> Self {
        let text = format!("listen = \"127.0.0.1:0\"\n{settings}");
        let config = file(data, "kbgap.toml", &text);
        let args = ["serve", "--config", &config];
        Self::start(command(data).args(args), PathBuf::new())
    }

    pub fn with_tls(data: &Path) -> Self {
        Self::with_tls_and(data, "")
    }

    /// Writes a configuration and a certificate beside the data, and serves.
    pub fn with_tls_and(data: &Path, more: &str) -> Self {
        let certificate = certificate(data);
        let tls = "[tls]\ncertificate = \"chain.pem\"\nprivate_key = \"key.pem\"\n";
        let config = file(
            data,
            "kbgap.toml",
            &format!("listen = \"127.0.0.1:0\"\n{tls}{more}"),
        );
        let mut command = command(data);
        // Somewhere else, since paths are relative to the configuration.
        command.current_dir(std::env::temp_dir());
        let args = ["serve", "--config", &config];
        Self::start(command.args(args), certificate.authority)
    }

    fn start(command: &mut Command, authority: PathBuf) -> Self {
        let mut child = command.stderr(Stdio::piped()).spawn().unwrap();
        let mut lines = BufReader::new(child.stderr.take().unwrap()).lines();
        let line = lines
            .find_map(|line| line.ok().filter(|line| line.contains("listens on")))
            .unwrap();
        // Who closes the pipe would break the server's log.
        std::thread::spawn(move || lines.for_each(drop));
        let url = line
            .split_whitespace()
            .find(|word| word.starts_with("http"))
            .unwrap();
        Self {
            url: url.to_owned(),
            child,
            authority,
        }
    }

    /// The number of its process.
    pub fn id(&self) -> u32 {
        self.child.id()
    }

    /// A client that trusts the server.
    pub fn agent(&self) -> ureq::Agent {
        let config = ureq::Agent::config_builder()
            .http_status_as_error(false)
            .tls_config(trusting(&self.authority));
        config.build().into()
    }

    /// Asks the server to end and waits until it has.
    pub fn terminate(mut self) -> ExitStatus {
        let pid = self.child.id().to_string();
        Command::new("kill").args(["-TERM", &pid]).status().unwrap();
        self.child.wait().unwrap()
    }
}

impl Drop for Served {
    fn drop(&mut self) {
        // It has ended by itself where the test came to its end.
        drop(self.child.kill());
        drop(self.child.wait());
    }
}
