//! Hosts for tests: a projection with a few facts, in words of the field.

use kbgap_assess::{Assessed, Assessment, NotAssessed, Projection, assess};
use kbgap_catalog::{Catalog, InstallationType, KbId};
use kbgap_inventory::native;

use crate::drawn::windows;

pub fn host(build: u32, revision: impl Into<Option<u32>>, kind: InstallationType) -> Projection {
    windows(build, revision.into(), kind)
}

pub fn client(build: u32, revision: impl Into<Option<u32>>) -> Projection {
    host(build, revision, InstallationType::Client)
}

pub fn server(build: u32, revision: impl Into<Option<u32>>) -> Projection {
    host(build, revision, InstallationType::Server)
}

pub fn listing(mut machine: Projection, kbs: &[u32]) -> Projection {
    machine.kbs = kbs.iter().map(|&kb| KbId::new(kb).unwrap()).collect();
    machine.kbs.sort_unstable();
    machine
}

pub fn assessed(catalog: &Catalog, machine: &Projection) -> Assessed {
    match assess(catalog, machine) {
        Assessment::Assessed(assessed) => assessed,
        Assessment::NotAssessed(reason) => panic!("{reason}"),
    }
}

pub fn missing(catalog: &Catalog, machine: &Projection) -> Vec<u32> {
    let mut ids: Vec<u32> = assessed(catalog, machine)
        .missing
        .iter()
        .map(|kb| kb.id.number())
        .collect();
    ids.sort_unstable();
    ids
}

/// But for files of .NET Framework, which most hosts here do not tell.
pub fn undecided(assessed: &Assessed) -> Vec<(u32, &'static str)> {
    assessed
        .not_assessed
        .iter()
        .filter_map(|n| match n {
            NotAssessed::Kb { lacking, .. } if *lacking == ".NET file version" => None,
            NotAssessed::Kb { id, lacking } => Some((id.number(), *lacking)),
            NotAssessed::Software { .. } => None,
        })
        .collect()
}

/// A Windows ahead of the feed with these programs and updates.
pub fn with(catalog: &Catalog, software: &[(&str, &str)], kbs: &[u32]) -> Projection {
    let entries: Vec<String> = software
        .iter()
        .map(|(name, version)| {
            format!(
                r#"{{"vendor": "Microsoft Corporation", "name": "{name}", "version": "{version}"}}"#
            )
        })
        .collect();
    let document = format!(
        r#"{{"computerDnsName": "pc", "os": {{"version": "10.0.19045.31999", "architecture": "x64",
        "installationType": "Client"}}, "secureBoot": false, "winRe": false,
        "installedKbs": {kbs:?}, "software": [{}]}}"#,
        entries.join(", ")
    );
    Projection::of(&native::machine(&document).unwrap(), catalog)
}
