//! Putting the reports of a host together: what one does not tell, another may.
//!
//! Reports are of one host where they tell the same id or the same name; a name with
//! its domain and one without are the same where only one host is meant by it. A
//! report that names no host belongs to the only one there is.

use std::collections::{BTreeMap, HashMap};

use crate::native::{MAX_KBS, MAX_SOFTWARE};
use crate::{Format, Machine, Part, Report};

/// Hosts, and what could not be put with any.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Merged {
    /// The hosts with their warnings.
    pub machines: Vec<(Machine, Vec<String>)>,
    /// What was left over and why, with its file.
    pub errors: Vec<String>,
    /// What people should know of files as a whole.
    pub notes: Vec<String>,
}

/// Puts the reports of each host together. Reports come with their file's name.
///
/// Of a host about which two reports say what cannot both be true, nothing is taken.
#[must_use]
pub fn merge(reports: Vec<(String, Report)>) -> Merged {
    let mut hosts = Hosts::default();
    let (parts, notes) = hosts.take_whole(reports);
    // Those that name their host come first, so that it is known how many there are.
    let (named, unnamed): (Vec<_>, Vec<_>) = parts
        .into_iter()
        .partition(|(_, part)| part.known_as().is_some() || part.id.is_some());
    for (file, part) in named {
        hosts.add(file, part);
    }
    let only = (hosts.groups.len() == 1).then_some(0);
    for (file, part) in unnamed {
        match only {
            Some(group) => hosts.join(group, &file, part),
            None => hosts.errors.push(format!(
                "{file}: is {} of a host that it does not name: give it with the systeminfo of the same host and \
                 of no other, or say which host it is with `--machine NAME`",
                part.format
            )),
        }
    }
    hosts.finish(notes)
}

/// Puts all reports together as those of one host, by the name that is given.
///
/// A report that names another host is an error, and then nothing is taken at all.
#[must_use]
pub fn merge_as(name: &str, reports: Vec<(String, Report)>) -> Merged {
    let mut hosts = Hosts::default();
    let mut notes = Vec::new();
    for (file, report) in reports {
        let mut part = match report {
            Report::Machine {
                machine, warnings, ..
            } => Part {
                warnings,
                ..Part::from(*machine)
            },
            Report::Part(part) => *part,
            Report::Note(note) => {
                notes.push(format!("{file}: {note}"));
                continue;
            }
            Report::Columns(_) => continue,
        };
        match &part.name {
            Some(own) if !same_host(own, name) => {
                hosts.errors.push(format!(
                    "{file}: is {} of `{own}` and not of `{name}`: leave it out, or leave out `--machine`",
                    part.format
                ));
            }
            _ => {
                part.name = Some(name.to_owned());
                if hosts.groups.is_empty() {
                    hosts.add(file, part);
                } else {
                    hosts.join(0, &file, part);
                }
            }
        }
    }
    let mut merged = hosts.finish(notes);
    if !merged.errors.is_empty() {
        merged.machines.clear();
    }
    merged
}

/// What is known of one host so far.
struct Group {
    /// The first file that told of it.
    file: String,
    known: Known,
    /// Whether two reports contradict each other.
    is_contradicted: bool,
}

/// Most hosts are whole as they come, and stay so.
enum Known {
    Whole(Box<Machine>, Vec<String>),
    Part(Box<Part>),
}

#[derive(Default)]
struct Hosts {
    groups: Vec<Group>,
    by_id: HashMap<String, usize>,
    /// By the name up to its first dot, in lower case.
    by_name: HashMap<String, Vec<usize>>,
    errors: Vec<String>,
}

impl Hosts {
    /// Makes a group of each machine and gives back the parts and the notes.
    fn take_whole(&mut self, reports: Vec<(String, Report)>) -> (Vec<(String, Part)>, Vec<String>) {
        let mut parts = Vec::new();
        let mut notes = Vec::new();
        let mut whole = Vec::new();
        for (file, report) in reports {
            match report {
                // It says when it was written only to people, so of two of one host neither is
                // the newer one: they go together or contradict each other, as parts do.
                Report::Machine {
                    format: Format::Systeminfo,
                    machine,
                    warnings,
                } => parts.push((
                    file,
                    Part {
                        format: Format::Systeminfo,
                        warnings,
                        ..Part::from(*machine)
                    },
                )),
                Report::Machine {
                    machine, warnings, ..
                } => whole.push((file, machine, warnings)),
                Report::Part(part) => parts.push((file, *part)),
                Report::Note(note) => notes.push(format!("{file}: {note}")),
                Report::Columns(_) => {}
            }
        }
        for (file, machine, warnings) in whole {
            // Where there is nothing to put together, nothing has to be found.
            if !parts.is_empty() {
                self.index(Some(machine.id.as_str()), Some(&machine.computer_dns_name));
            }
            self.groups.push(Group {
                file,
                known: Known::Whole(machine, warnings),
                is_contradicted: false,
            });
        }
        (parts, notes)
    }

    /// Notes the id and the name of the group that comes next.
    fn index(&mut self, id: Option<&str>, name: Option<&str>) {
        let next = self.groups.len();
        if let Some(id) = id {
            self.by_id.entry(id.to_owned()).or_insert(next);
        }
        if let Some(name) = name {
            self.by_name.entry(short(name)).or_default().push(next);
        }
    }

    fn add(&mut self, file: String, part: Part) {
        match self.find(&part) {
            Ok(Some(group)) => self.join(group, &file, part),
            Ok(None) => {
                self.index(part.id.as_ref().map(crate::MachineId::as_str), part.known_as());
                self.groups.push(Group {
                    file,
                    known: Known::Part(Box::new(part)),
                    is_contradicted: false,
                });
            }
            Err(names) => self.errors.push(format!(
                "{file}: is {} of `{}`, by which several hosts may be meant ({}): name it in full, or give \
                 the reports of each host by themselves",
                part.format,
                part.known_as().unwrap_or_default(),
                names.join(", ")
            )),
        }
    }

    /// The group of the part's host, or the names of all that could be meant.
    fn find(&self, part: &Part) -> Result<Option<usize>, Vec<String>> {
        let by_id = part.id.as_ref().and_then(|id| self.by_id.get(id.as_str()));
        if let Some(&group) = by_id {
            return Ok(Some(group));
        }
        let Some(name) = part.known_as() else {
            return Ok(None);
        };
        let candidates: Vec<(usize, &str)> = self
            .by_name
            .get(&short(name))
            .into_iter()
            .flatten()
            .map(|&group| (group, self.groups[group].known.name()))
            // Two devices of one name are told apart by their ids.
            .filter(|&(group, _)| part.id.is_none() || !self.groups[group].known.has_id())
            .filter(|(_, other)| same_host(other, name))
            .collect();
        let exact = candidates
            .iter()
            .find(|(_, other)| other.eq_ignore_ascii_case(name));
        match (exact, candidates.as_slice()) {
            (Some((group, _)), _) | (None, [(group, _)]) => Ok(Some(*group)),
            (None, []) => Ok(None),
            (None, several) => Err(several
                .iter()
                .take(5)
                .map(|(_, n)| (*n).to_owned())
                .collect()),
        }
    }

    fn join(&mut self, group: usize, file: &str, part: Part) {
        let format = part.format;
        let Some(group) = self.groups.get_mut(group) else {
            return;
        };
        let name = group.known.name().to_owned();
        if let Err(contradiction) = group.known.join(part) {
            group.is_contradicted = true;
            self.errors.push(format!(
                "{file}: is {format} of `{name}` and {contradiction}: leave out the older one, or import \
                 one after the other"
            ));
        }
    }

    fn finish(self, notes: Vec<String>) -> Merged {
        let mut machines = Vec::with_capacity(self.groups.len());
        // Of an export of a fleet thousands may lack the same.
        let mut errors = self.errors;
        let mut lacking: BTreeMap<(String, String), (usize, String)> = BTreeMap::new();
        for group in self.groups {
            if group.is_contradicted {
                continue;
            }
            let format = group.known.format();
            let mut take = |machine: Machine, mut warnings: Vec<String>| {
                if let Some(wrong) = beyond_limits(&machine) {
                    errors.push(format!(
                        "{}: is {format} of `{}` with {wrong}, the most that a host may have: give what one \
                         host reported, and that once",
                        group.file, machine.computer_dns_name
                    ));
                    return;
                }
                // Other forms say so themselves, in what they lack.
                if format == Format::Native {
                    warnings.extend(unpatched(&machine).map(str::to_owned));
                }
                machines.push((machine, warnings));
            };
            match group.known {
                Known::Whole(machine, warnings) => take(*machine, warnings),
                Known::Part(part) => match part.into_machine() {
                    Ok((machine, warnings)) => take(machine, warnings),
                    Err(part) if part.os.build.is_some() && part.known_as().is_some() => {
                        errors.push(format!(
                            "{}: is {} of `{}` without its list of updates, so it is cut off: write it again, or give a \
                             list of hotfixes of the same host with it",
                            group.file,
                            part.format,
                            part.known_as().unwrap_or_default()
                        ));
                    }
                    Err(part) => {
                        let name = part.known_as().or(part.id.as_ref().map(|id| id.as_str()));
                        let name = name.unwrap_or_default().to_owned();
                        let key = (group.file, part.format.to_string());
                        lacking.entry(key).or_insert((0, name)).0 += 1;
                    }
                },
            }
        }
        for ((file, format), (count, name)) in lacking {
            let hosts = match count {
                1 => format!("`{name}` and does not tell its"),
                many => format!(
                    "`{name}` and {} other hosts and does not tell their",
                    many - 1
                ),
            };
            errors.push(format!(
                "{file}: is {format} of {hosts} Windows version: give a report that does with it \
                 (systeminfo, Get-ComputerInfo, a registry export, machines of Defender)"
            ));
        }
        Merged {
            machines,
            errors,
            notes,
        }
    }
}

/// What people should know of a native document that tells of no update: nobody can tell whether
/// there is none or none was read.
#[must_use]
pub fn unpatched(machine: &Machine) -> Option<&'static str> {
    (machine.os.revision.is_none() && machine.installed_kbs.is_empty()).then_some(
        "tells neither the revision (UBR) nor any installed update: all updates of its Windows count as missing",
    )
}

/// What a host has too much of. Each form has to hold what is documented for one of them, and
/// many lists of one host may be put together.
fn beyond_limits(machine: &Machine) -> Option<String> {
    if machine.installed_kbs.len() > MAX_KBS {
        return Some(format!("more than {MAX_KBS} updates"));
    }
    (machine.software.len() > MAX_SOFTWARE).then(|| format!("more than {MAX_SOFTWARE} programs"))
}

impl Known {
    fn format(&self) -> Format {
        match self {
            Self::Whole(..) => Format::Native,
            Self::Part(part) => part.format,
        }
    }

    fn name(&self) -> &str {
        match self {
            Self::Whole(machine, _) => &machine.computer_dns_name,
            Self::Part(part) => part.known_as().unwrap_or_default(),
        }
    }

    /// Whether an id was reported, and not only derived from the name.
    fn has_id(&self) -> bool {
        match self {
            Self::Whole(machine, _) => {
                machine.id != crate::MachineId::from_name(&machine.computer_dns_name)
            }
            Self::Part(part) => part.id.is_some(),
        }
    }

    fn join(&mut self, other: Part) -> Result<(), String> {
        match self {
            Self::Part(part) => part.join(other),
            Self::Whole(machine, warnings) => {
                let mut part = Part::from((**machine).clone());
                part.join(other)?;
                match part.into_machine() {
                    Ok((joined, of_parts)) => {
                        **machine = joined;
                        warnings.extend(of_parts);
                        Ok(())
                    }
                    Err(_) => Err("lost its name".to_owned()),
                }
            }
        }
    }
}

fn short(name: &str) -> String {
    name.split('.').next().unwrap_or_default().to_lowercase()
}

/// A host may be named with its domain in one report and without in the other.
fn same_host(a: &str, b: &str) -> bool {
    let (a, b) = (a.to_lowercase(), b.to_lowercase());
    a == b || ((!a.contains('.') || !b.contains('.')) && short(&a) == short(&b))
}
