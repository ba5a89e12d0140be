//! What a machine reports, in the words of a test.

use serde_json::{Value, json};

/// Machines that wait for the updates of March 2020.
pub const W1909: &str = "10.0.18363.592";
pub const W1903: &str = "10.0.18362.592";
/// One that has them.
pub const PATCHED: &str = "10.0.18363.720";

pub struct Host(pub Value);

impl Host {
    /// A client seen on 24 March 2020 at 8:00.
    pub fn new(name: &str, version: &str) -> Self {
        let os = json!({"platform": "Windows10", "version": version, "architecture": "x64"});
        Self(json!({"computerDnsName": name, "os": os, "seenAt": "2020-03-24T08:00:00Z"}))
    }

    pub fn with(mut self, name: &str, value: impl Into<Value>) -> Self {
        self.0[name] = value.into();
        self
    }

    pub fn id(self, id: &str) -> Self {
        self.with("id", id)
    }

    pub fn group(self, group: &str) -> Self {
        self.with("group", group)
    }

    pub fn seen(self, time: &str) -> Self {
        self.with("seenAt", time)
    }

    pub fn tags(self, tags: &[&str]) -> Self {
        self.with("tags", tags)
    }

    pub fn address(self, address: &str) -> Self {
        self.with("ipAddresses", vec![address])
    }

    pub fn software(mut self, vendor: &str, name: &str, version: &str) -> Self {
        let software = json!({"vendor": vendor, "name": name, "version": version});
        match self.0["software"].as_array_mut() {
            Some(list) => list.push(software),
            None => self.0["software"] = json!([software]),
        }
        self
    }
}
