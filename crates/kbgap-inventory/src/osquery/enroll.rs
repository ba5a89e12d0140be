//! What a host says of itself when it enrolls.

use std::fmt;

use serde::Deserialize;

use crate::loose::Loose;
use crate::text::{MAX_NAME, bounded};

/// The bit of Windows in `platform_type`.
const WINDOWS: u64 = 0x02;

/// A request to enroll.
#[derive(Clone, PartialEq, Eq)]
pub struct EnrollRequest {
    /// The secret that the host shows; empty where it shows none.
    pub secret: String,
    /// By what it wants to be known.
    pub host_identifier: Option<String>,
    /// Its platform, such as `windows`; empty where it is not told.
    pub platform: String,
    /// Its name; empty where it is not told.
    pub name: String,
    /// The version of its osquery; empty where it is not told.
    pub agent_version: String,
}

/// The secret is not for logs.
impl fmt::Debug for EnrollRequest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("EnrollRequest")
            .field("host_identifier", &self.host_identifier)
            .field("platform", &self.platform)
            .field("name", &self.name)
            .finish_non_exhaustive()
    }
}

#[derive(Deserialize)]
struct Body {
    #[serde(default)]
    enroll_secret: Loose,
    #[serde(default)]
    host_identifier: Loose,
    #[serde(default)]
    platform_type: Loose,
    #[serde(default)]
    host_details: Option<Details>,
}

#[derive(Default, Deserialize)]
struct Details {
    #[serde(default)]
    os_version: Option<OsVersion>,
    #[serde(default)]
    osquery_info: Option<OsqueryInfo>,
    #[serde(default)]
    system_info: Option<SystemInfo>,
}

#[derive(Default, Deserialize)]
struct OsVersion {
    #[serde(default)]
    platform: Loose,
}

#[derive(Default, Deserialize)]
struct OsqueryInfo {
    #[serde(default)]
    version: Loose,
}

#[derive(Default, Deserialize)]
struct SystemInfo {
    #[serde(default)]
    hostname: Loose,
    #[serde(default)]
    computer_name: Loose,
}

/// Reads a request to enroll.
///
/// # Errors
/// What is wrong with the body.
pub fn read_enrollment(text: &str) -> Result<EnrollRequest, serde_json::Error> {
    let body: Body = serde_json::from_str(text)?;
    let details = body.host_details.unwrap_or_default();
    let (os, info) = (details.os_version, details.osquery_info);
    let system = details.system_info.unwrap_or_default();
    let known = |text: &Loose| {
        bounded(&text.0, MAX_NAME)
            .ok()
            .filter(|text| !text.is_empty())
    };
    let platform = os.and_then(|os| known(&os.platform)).or_else(|| {
        let bits: u64 = body.platform_type.0.trim().parse().ok()?;
        (bits & WINDOWS != 0).then(|| "windows".to_owned())
    });
    let name = known(&system.hostname).or_else(|| known(&system.computer_name));
    Ok(EnrollRequest {
        secret: body.enroll_secret.0,
        host_identifier: known(&body.host_identifier),
        platform: platform.unwrap_or_default(),
        name: name.unwrap_or_default(),
        agent_version: info
            .and_then(|info| known(&info.version))
            .unwrap_or_default(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_request_of_osquery_5() {
        let request = read_enrollment(
            r#"{"enroll_secret":"s","host_identifier":"4C4C4544-0042","platform_type":"2","host_details":{
            "os_version":{"_id":"10.0.19045","name":"Microsoft Windows 10 Pro","platform":"windows"},
            "osquery_info":{"version":"5.12.1","pid":"1"},
            "system_info":{"hostname":"pc-017","computer_name":"PC-017","physical_memory":"1"},
            "platform_info":{"vendor":"Dell"}}}"#,
        )
        .unwrap();
        let expected = EnrollRequest {
            secret: "s".to_owned(),
            host_identifier: Some("4C4C4544-0042".to_owned()),
            platform: "windows".to_owned(),
            name: "pc-017".to_owned(),
            agent_version: "5.12.1".to_owned(),
        };
        assert_eq!(request, expected);
        assert!(!format!("{request:?}").contains("\"s\""));
    }

    #[test]
    fn details_may_be_missing() {
        for (body, host, platform) in [
            (
                r#"{"enroll_secret":"s","host_identifier":"h","platform_type":"2"}"#,
                Some("h"),
                "windows",
            ),
            (
                r#"{"host_identifier":"h","platform_type":9}"#,
                Some("h"),
                "",
            ),
            (
                r#"{"host_identifier":" ","host_details":{"os_version":{"platform":"ubuntu"}}}"#,
                None,
                "ubuntu",
            ),
            (r#"{"host_details":null}"#, None, ""),
        ] {
            let request = read_enrollment(body).unwrap();
            let found = (
                request.host_identifier.as_deref(),
                request.platform.as_str(),
            );
            assert_eq!(found, (host, platform), "{body}");
        }
        assert!(read_enrollment("[1").is_err());
    }
}
