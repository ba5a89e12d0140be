//! Putting the reports of a host together: a `systeminfo` and a list of hotfixes.

use crate::{InstalledKb, Machine, Report};

/// Hosts, and what could not be put with any.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Merged {
    /// The hosts with their warnings.
    pub machines: Vec<(Machine, Vec<String>)>,
    /// Why a list was left over, with its file.
    pub errors: Vec<String>,
}

/// Puts every list of hotfixes to the host of its name; one without a name, to the
/// only host there is. Reports come with their file's name.
#[must_use]
pub fn merge(reports: Vec<(String, Report)>) -> Merged {
    let mut merged = Merged::default();
    let mut lists = Vec::new();
    for (file, report) in reports {
        match report {
            Report::Machine { machine, warnings } => merged.machines.push((*machine, warnings)),
            Report::Hotfixes(list) => lists.push((file, list)),
        }
    }
    for (file, list) in lists {
        let position = match &list.computer_dns_name {
            Some(name) => merged
                .machines
                .iter()
                .position(|(machine, _)| same_host(&machine.computer_dns_name, name)),
            None => (merged.machines.len() == 1).then_some(0),
        };
        let Some(position) = position else {
            let host = list
                .computer_dns_name
                .as_deref()
                .unwrap_or("a host that it does not name");
            merged.errors.push(format!(
                "{file}: is a list of hotfixes of {host} and does not tell its Windows version: \
                 give the systeminfo of the same host with it"
            ));
            continue;
        };
        let (machine, warnings) = merged.machines.swap_remove(position);
        let mut machine = machine;
        machine
            .installed_kbs
            .extend(list.kbs.into_iter().map(|id| InstalledKb {
                id,
                installed_on: None,
            }));
        merged.machines.push((machine.normalized(), warnings));
        let last = merged.machines.len() - 1;
        merged.machines.swap(position, last);
    }
    merged
}

/// A host may be named with its domain in one report and without in the other.
fn same_host(a: &str, b: &str) -> bool {
    let (a, b) = (a.to_lowercase(), b.to_lowercase());
    let short = |name: &str| name.split('.').next().unwrap_or_default().to_owned();
    a == b || ((!a.contains('.') || !b.contains('.')) && short(&a) == short(&b))
}
