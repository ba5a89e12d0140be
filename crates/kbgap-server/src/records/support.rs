//! Whether what machines run is supported: in the words of the exports, which are the
//! original's, and as an annotation of ours.

use jiff::ToSpan as _;
use jiff::civil::Date;
use kbgap_assess::{Support, SupportStatus, is_over};
use kbgap_catalog::{Edition, SoftwareId};
use kbgap_fleet::{FleetMachine, Installed};
use kbgap_odata::Value;

use super::software::category;

/// How long before its end the support of a Windows is said to end (api.md, section 12.2).
const UPCOMING_MONTHS: i32 = 6;

/// What an export says of the support of a version of a software.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct EndOfSupport {
    /// One of the five words of the original; `None` where it is not known.
    pub(crate) status: Option<&'static str>,
    /// The last day with updates for everybody.
    pub(crate) date: Option<Date>,
}

impl EndOfSupport {
    /// Of what is installed on a machine.
    pub(crate) fn of(machine: &FleetMachine, installed: &Installed, today: Date) -> Self {
        let id = &installed.id;
        let is_os = category(id) == "OS";
        let support = if is_os {
            machine.support(today)
        } else {
            machine.support_of(installed, today)
        };
        support.map_or_else(Self::default, |support| Self {
            status: word(&support, id, is_os, today),
            date: support.end_of_support,
        })
    }
}

fn word(support: &Support, id: &SoftwareId, is_os: bool, today: Date) -> Option<&'static str> {
    let of_all = |on: Date, all, one| if is_over(id, on) { all } else { one };
    match support.status {
        SupportStatus::Unknown => None,
        SupportStatus::Esu | SupportStatus::Ended => {
            Some(of_all(today, "EOS Software", "EOS Version"))
        }
        SupportStatus::Supported => {
            let soon = today.checked_add(UPCOMING_MONTHS.months()).ok();
            let ends = soon.zip(support.end_of_support);
            let upcoming = ends.filter(|(soon, end)| is_os && end < soon);
            Some(upcoming.map_or("None", |(soon, _)| {
                of_all(soon, "Upcoming EOS Software", "Upcoming EOS Version")
            }))
        }
    }
}

/// The support of a Windows as an annotation.
pub(crate) fn annotation(support: &Support) -> Value<'static> {
    let mut fields = of_lifecycle(support.status, support.end_of_support, support.esu_ends);
    if let Some(lacking) = support.lacking {
        fields.push(("lacking", Value::text(lacking)));
        let editions = support.editions.iter().map(|of| {
            let names = of.editions.iter().map(|edition: &Edition| edition.name());
            let mut fields = vec![("editions", Value::texts(names))];
            fields.extend(of_lifecycle(
                of.status,
                Some(of.end_of_support),
                of.esu_ends,
            ));
            Value::Object(fields)
        });
        fields.push(("editions", Value::List(editions.collect())));
    }
    Value::Object(fields)
}

fn of_lifecycle(
    status: SupportStatus,
    end: Option<Date>,
    esu_ends: Option<Date>,
) -> Vec<(&'static str, Value<'static>)> {
    let day = |date: Option<Date>| Value::or_null(date.map(|date| date.to_string()));
    vec![
        ("status", Value::text(status.name())),
        ("endOfSupport", day(end)),
        ("esuEnds", day(esu_ends)),
    ]
}

#[cfg(test)]
mod tests {
    use kbgap_catalog::Release;

    use super::*;

    #[test]
    fn a_server_is_a_software_of_its_own() {
        let release = Release::of_build(17_763, true).unwrap();
        let id: SoftwareId = "microsoft-_-windows_server_2019".parse().unwrap();
        for (on, expected) in [
            ("2028-07-09", "None"),
            ("2028-07-10", "Upcoming EOS Software"),
            ("2029-01-09", "Upcoming EOS Software"),
            ("2029-01-10", "EOS Software"),
        ] {
            let today: Date = on.parse().unwrap();
            let support = Support::of_windows(release, None, today).unwrap();
            assert_eq!(word(&support, &id, true, today), Some(expected), "{on}");
        }
    }
}
