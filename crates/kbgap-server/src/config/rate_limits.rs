//! How many calls an application may make (api.md, section 1.5).

use std::num::NonZeroU32;

use serde::Deserialize;

/// The limits for each application and class of endpoints.
#[derive(Clone, Debug, Deserialize, PartialEq, Eq)]
#[serde(default, deny_unknown_fields)]
pub struct RateLimits {
    /// Whether anything is limited.
    pub enabled: bool,
    /// Machines: the list, one, tags, searches, the device value.
    pub machines: Rate,
    /// The vulnerabilities of a machine.
    pub machine_vulnerabilities: Rate,
    /// Exports as JSON, by pages.
    pub export_json: Rate,
    /// Exports as files.
    pub export_files: Rate,
    /// All that one host asks and tells by osquery.
    pub osquery: Rate,
    /// All else that needs a token.
    pub other: Rate,
}

/// The calls of a class; what is left out is not limited.
#[derive(Clone, Copy, Debug, Default, Deserialize, PartialEq, Eq)]
#[serde(default, deny_unknown_fields)]
pub struct Rate {
    /// Calls a minute.
    pub per_minute: Option<NonZeroU32>,
    /// Calls an hour.
    pub per_hour: Option<NonZeroU32>,
}

impl Rate {
    const fn new(per_minute: u32, per_hour: u32) -> Self {
        Self {
            per_minute: NonZeroU32::new(per_minute),
            per_hour: NonZeroU32::new(per_hour),
        }
    }
}

/// The documented numbers.
impl Default for RateLimits {
    fn default() -> Self {
        Self {
            enabled: true,
            machines: Rate::new(100, 1_500),
            machine_vulnerabilities: Rate::new(50, 1_500),
            export_json: Rate::new(30, 1_000),
            export_files: Rate::new(5, 20),
            // More than osquery asks and tells at its own defaults; none of the documented ones.
            osquery: Rate {
                per_minute: NonZeroU32::new(60),
                per_hour: None,
            },
            other: Rate::default(),
        }
    }
}

impl RateLimits {
    /// Nothing is limited.
    #[must_use]
    pub fn off() -> Self {
        Self {
            enabled: false,
            ..Self::default()
        }
    }
}
