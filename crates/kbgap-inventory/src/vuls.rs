//! Scan results of Vuls: one host a document.

use std::collections::BTreeMap;
use std::fmt;
use std::net::IpAddr;

use kbgap_catalog::{InstallationType, KbId, Platform, Release};
use serde::Deserialize;
use serde::de::{Deserializer, Error, MapAccess, Visitor};

use crate::loose::Loose;
use crate::native::{MAX_ADDRESSES, MAX_SOFTWARE, installation_type_of};
use crate::text::{MAX_NAME, MAX_TEXT, bounded};
use crate::{Format, IpAddress, Part, ReportError, json_rows};

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Scan {
    #[serde(default)]
    server_name: Loose,
    #[serde(default)]
    family: Loose,
    #[serde(default)]
    release: Loose,
    #[serde(default)]
    running_kernel: Option<Kernel>,
    #[serde(default)]
    ipv4_addrs: Option<Vec<Loose>>,
    #[serde(default)]
    ipv6_addrs: Option<Vec<Loose>>,
    #[serde(default)]
    scanned_at: Loose,
    #[serde(default)]
    errors: Option<Vec<Loose>>,
    #[serde(default)]
    packages: Option<Packages>,
    #[serde(default, rename = "windowsKB")]
    windows_kb: Option<WindowsKb>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Kernel {
    #[serde(default)]
    version: Loose,
    #[serde(default)]
    reboot_required: Option<bool>,
}

#[derive(Deserialize)]
struct WindowsKb {
    #[serde(default)]
    applied: Option<Vec<Loose>>,
}

#[derive(Deserialize)]
struct Package {
    #[serde(default)]
    name: Loose,
    #[serde(default)]
    version: Loose,
    #[serde(default)]
    vendor: Loose,
}

/// Packages by their names.
struct Packages(BTreeMap<String, Package>);

impl<'de> Deserialize<'de> for Packages {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct PackagesVisitor;
        impl<'de> Visitor<'de> for PackagesVisitor {
            type Value = BTreeMap<String, Package>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, "at most {MAX_SOFTWARE} packages by their names")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
                let mut packages = BTreeMap::new();
                while let Some((name, package)) = map.next_entry()? {
                    if packages.len() == MAX_SOFTWARE {
                        return Err(A::Error::custom(format_args!(
                            "has more than {MAX_SOFTWARE} packages"
                        )));
                    }
                    packages.insert(name, package);
                }
                Ok(packages)
            }
        }
        deserializer.deserialize_map(PackagesVisitor).map(Self)
    }
}

/// Reads the scans of a text.
///
/// # Errors
/// What is wrong, with its place.
pub(crate) fn read(text: &str) -> Result<Vec<Part>, ReportError> {
    let mut parts = Vec::new();
    json_rows::each(text, |scan: Scan| {
        parts.push(part(scan)?);
        Ok(())
    })
    .map_err(|message| ReportError::Place {
        format: Format::Vuls,
        message,
    })?;
    Ok(parts)
}

fn part(scan: Scan) -> Result<Part, String> {
    if !scan.family.0.eq_ignore_ascii_case("windows") {
        return Err(format!(
            "`family`: is of `{}` and not of windows: only Windows hosts can be imported",
            crate::text::shown(&scan.family.0)
        ));
    }
    let mut part = Part::of(Format::Vuls);
    // It is the name in the scanner's configuration, which may be the host's or not.
    part.label = scan
        .server_name
        .some()
        .map(|name| bounded(name, MAX_NAME))
        .transpose()?;
    let kernel = scan
        .running_kernel
        .ok_or("`runningKernel` is missing: it tells the Windows version")?;
    part.os
        .take_version(&kernel.version.0)
        .map_err(|e| format!("`runningKernel.version`: {e}"))?;
    // It is false also where nothing was asked.
    part.pending_reboot = kernel.reboot_required.filter(|required| *required);
    release(&mut part, &bounded(&scan.release.0, MAX_TEXT)?)?;
    // A scan that did not look for updates does not say that there are none.
    part.kbs = scan.windows_kb.as_ref().map(|_| Vec::new());
    for kb in scan
        .windows_kb
        .and_then(|kb| kb.applied)
        .into_iter()
        .flatten()
    {
        let kb: KbId =
            kb.0.parse()
                .map_err(|e| format!("`windowsKB.applied`: {e}"))?;
        part.add_kb(kb);
    }
    part.software = scan.packages.as_ref().map(|_| Vec::new());
    let packages = scan.packages.map(|packages| packages.0).unwrap_or_default();
    for (key, package) in &packages {
        let place = format!("`packages`: `{}`", crate::text::shown(key));
        let name = package.name.some().unwrap_or(key);
        part.add_program(&place, [&package.vendor.0, name, &package.version.0]);
    }
    let errors = scan.errors.unwrap_or_default();
    if let Some(first) = errors.iter().find_map(Loose::some) {
        part.warnings.push(format!(
            "the scanner says that something went wrong, so updates or programs may be lacking: {}",
            crate::text::message(first)
        ));
    }
    let addresses = scan.ipv4_addrs.into_iter().chain(scan.ipv6_addrs).flatten();
    part.ip_addresses = addresses
        .filter_map(|address| address.0.parse::<IpAddr>().ok())
        .take(MAX_ADDRESSES)
        .map(|ip_address| IpAddress {
            ip_address,
            mac_address: None,
            kind: None,
            operational_status: None,
        })
        .collect();
    part.seen_at = scan.scanned_at.0.parse().ok();
    Ok(part)
}

/// The release is a product of the feed, which tells the architecture and whether it
/// is a server.
fn release(part: &mut Part, release: &str) -> Result<(), String> {
    if release.is_empty() {
        return Ok(());
    }
    if let Some(platform) = Platform::parse(release) {
        let (named, build) = (platform.release, part.os.build.unwrap_or_default());
        // Server 2008 has two builds for one name.
        let is_same = named.build == build || (named.build / 10 == 600 && build / 10 == 600);
        if !is_same && Release::knows_build(build) {
            return Err(format!("`release`: {release} is not what build {build} is"));
        }
        part.os.architecture = Some(platform.architecture);
        if platform.server_core {
            part.os.installation_type = Some(InstallationType::ServerCore);
        }
    }
    let by_name = installation_type_of(release);
    part.os.installation_type = part.os.installation_type.or(by_name);
    part.os.platform = Some(release.to_owned());
    Ok(())
}
