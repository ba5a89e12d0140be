//! `kbgap software unrecognised`: which programs of inventories the tables do not know.

use std::process::ExitCode;

use kbgap_catalog::{InstalledSoftware, Recognised, recognise};
use serde::Serialize;

use crate::args::{OutputFormat, UnrecognisedArgs};
use crate::hosts::read_programs;
use crate::output::{clean, counted, note, print, print_json, table};

#[derive(Serialize)]
struct Answer {
    /// Names that are software of the API.
    recognised: usize,
    /// Names that are parts of other programs.
    parts: usize,
    unrecognised: Vec<Entry>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    software: Vec<Known>,
}

#[derive(Serialize)]
struct Entry {
    vendor: String,
    name: String,
    /// In how many reports it stands.
    reports: usize,
}

#[derive(Serialize)]
struct Known {
    #[serde(flatten)]
    entry: Entry,
    /// Null for a part of another program.
    id: Option<String>,
    release: Option<String>,
    edition: Option<&'static str>,
    branch: Option<&'static str>,
}

pub(crate) fn run(args: &UnrecognisedArgs) -> anyhow::Result<ExitCode> {
    let (programs, errors) = read_programs(&args.files);
    for error in &errors {
        note(&format!("error: {error}"));
    }
    let mut answer = Answer {
        recognised: 0,
        parts: 0,
        unrecognised: Vec::new(),
        software: Vec::new(),
    };
    for ((vendor, name), reports) in programs {
        // Versions decide between the two kinds of Edge alone, and both are known.
        let known = recognise(&vendor, &name, "");
        let entry = Entry {
            vendor,
            name,
            reports,
        };
        match known {
            None => answer.unrecognised.push(entry),
            Some(Recognised::Part) => {
                answer.parts += 1;
                answer.software.extend(args.all.then(|| entry.known(None)));
            }
            Some(Recognised::Software(software)) => {
                answer.recognised += 1;
                answer
                    .software
                    .extend(args.all.then(|| entry.known(Some(*software))));
            }
        }
    }
    // What most hosts have is worth the most.
    answer
        .unrecognised
        .sort_by_key(|entry| std::cmp::Reverse(entry.reports));
    match args.format.format {
        OutputFormat::Json => print_json(&answer)?,
        OutputFormat::Table => print(&text(&answer))?,
    }
    Ok(match errors.is_empty() {
        true => ExitCode::SUCCESS,
        false => ExitCode::FAILURE,
    })
}

impl Entry {
    fn known(self, software: Option<InstalledSoftware>) -> Known {
        let id = software.as_ref().map(|s| s.software.to_string());
        let (edition, branch) = software.as_ref().map_or((None, None), |s| {
            (s.edition, s.branch.map(kbgap_catalog::Branch::name))
        });
        Known {
            entry: self,
            id,
            release: software.and_then(|s| s.release),
            edition,
            branch,
        }
    }
}

fn text(answer: &Answer) -> String {
    let mut text = String::new();
    if !answer.software.is_empty() {
        let rows = answer.software.iter().map(|known| {
            let more = [known.release.as_deref(), known.edition, known.branch];
            [
                clean(&known.entry.vendor),
                clean(&known.entry.name),
                known
                    .id
                    .clone()
                    .unwrap_or_else(|| "part of another".to_owned()),
                more.into_iter().flatten().collect::<Vec<_>>().join(", "),
            ]
        });
        text.push_str(&table(["Publisher", "Name", "Software", "Release"], rows));
        text.push_str("\n\n");
    }
    if !answer.unrecognised.is_empty() {
        let rows = answer.unrecognised.iter().map(|entry| {
            [
                clean(&entry.vendor),
                clean(&entry.name),
                entry.reports.to_string(),
            ]
        });
        text.push_str(&table(["Publisher", "Not recognised", "Reports"], rows));
        text.push_str("\n\n");
    }
    text.push_str(&format!(
        "{} recognised, {} of other programs, {} not recognised.\n",
        counted(answer.recognised, "name"),
        counted(answer.parts, "part"),
        answer.unrecognised.len()
    ));
    text
}
