//! A fleet that is the same in every run: some hundred patch states, and documents of
//! the size that agents report.

use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};

/// Windows as it is reported: build, kind, a revision of a year ago.
const RELEASES: [(u32, &str, u32); 5] = [
    (19_045, "Client", 4_700),
    (22_631, "Client", 4_000),
    (26_100, "Client", 1_700),
    (17_763, "Server", 6_000),
    (20_348, "Server", 2_700),
];
const REVISIONS: usize = 16;
/// Versions of Edge, of which the feed knows the fixes.
const EDGES: [&str; 4] = [
    "100.0.1185.29",
    "120.0.2210.61",
    "131.0.2903.112",
    "138.0.3351.95",
];
/// Patch states: of release, revision and browser.
pub(crate) const STATES: usize = RELEASES.len() * REVISIONS * EDGES.len();

/// What runs on every machine beside Windows.
const SOFTWARE: [&str; 20] = [
    "7-Zip",
    "Notepad++",
    "VLC media player",
    "Git",
    "PuTTY",
    "WinSCP",
    "FileZilla",
    "KeePass",
    "Wireshark",
    "GIMP",
    "Inkscape",
    "LibreOffice",
    "Audacity",
    "HandBrake",
    "IrfanView",
    "Paint.NET",
    "Greenshot",
    "Node.js",
    "Python",
    "Zoom",
];

/// The name of a machine, from which its id is made.
pub(crate) fn name(number: usize) -> String {
    format!("pc-{number:06}.corp.example.com")
}

/// The native document of a machine that was seen within the last days.
pub(crate) fn document(number: usize, now: Timestamp) -> Value {
    let state = number % STATES;
    let (build, kind, revision) = RELEASES[state % RELEASES.len()];
    let step = state / RELEASES.len() % REVISIONS;
    let edge = EDGES[state / (RELEASES.len() * REVISIONS) % EDGES.len()];
    let revision = u64::from(revision) + 75 * step as u64;
    let mut software = vec![json!({
        "vendor": "Microsoft Corporation", "name": "Microsoft Edge", "version": edge,
    })];
    software.extend(SOFTWARE.iter().enumerate().map(|(i, name)| {
        json!({"vendor": format!("{name} project"), "name": name, "version": format!("{}.{}", i + 1, number % 7)})
    }));
    let (a, b) = (number / 250 % 250, number % 250 + 1);
    let minutes = i64::try_from(number % 2_000).unwrap_or_default();
    let seen_at = now - SignedDuration::from_mins(minutes);
    json!({
        "computerDnsName": name(number),
        "os": {"version": format!("10.0.{build}.{revision}"), "architecture": "x64", "installationType": kind},
        "installedKbs": ["5011048", "5015684", "5020683", "5033909"],
        "software": software,
        "group": format!("Site {:02}", number % 40),
        "tags": ["bench", if number.is_multiple_of(3) { "laptop" } else { "desktop" }],
        "ipAddresses": [
            {"ipAddress": format!("10.{}.{a}.{b}", number / 62_500), "macAddress": format!("{number:012X}"), "type": "Ethernet", "operationalStatus": "Up"},
            {"ipAddress": format!("fd00::{:x}:{:x}", number >> 16, number & 0xffff), "macAddress": format!("{number:012X}"), "type": "Ethernet", "operationalStatus": "Up"},
        ],
        "lastExternalIpAddress": format!("203.0.113.{}", number % 254 + 1),
        "aadDeviceId": format!("00000000-0000-4000-8000-{number:012x}"),
        "agentVersion": "1.4.0",
        "secureBoot": true,
        "seenAt": seen_at.to_string(),
    })
}
