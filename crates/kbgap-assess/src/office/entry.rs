//! Entries of software lists that tell of an Office by Windows Installer.

use std::collections::BTreeSet;

use kbgap_catalog::{Architecture, Version};

use super::application::{Application, OfficeYear, suite};

/// The first third part of a version that only Click-to-Run has.
const FIRST_CLICK_TO_RUN: u32 = 6_000;

/// What an entry of a software list tells of Office.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct OfficeEntry {
    pub(super) year: OfficeYear,
    what: What,
    pub(super) bits: Option<Architecture>,
    pub(super) has_service_pack: Option<bool>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum What {
    /// With what is in it, where it is known.
    Suite(Option<&'static [Application]>),
    /// A part of a suite, or an application by itself.
    Application(Application),
    /// What tells 32 or 64 bits and no application.
    Components,
    Update,
}

impl OfficeEntry {
    /// What an entry of Microsoft's tells; `None` for Click-to-Run, whose names end with a
    /// language and whose versions are higher, and for what is no Office.
    pub(crate) fn of(name: &str, version: &str) -> Option<Self> {
        let name = name.to_lowercase();
        let words: Vec<&str> = name.split_whitespace().collect();
        if let Some(at) = words.windows(2).position(|two| two == ["update", "for"])
            && at <= 1
        {
            return Self::update(&words[at + 2..]);
        }
        let version = Version::parse(version);
        let is_click_to_run = version.as_ref().is_some_and(
            |version| matches!(*version.parts(), [16, 0, third, _] if third >= FIRST_CLICK_TO_RUN),
        );
        if is_click_to_run {
            return None;
        }
        let (words, bits) = match words[..] {
            [.., "(64-bit)"] => (&words[..words.len() - 1], Some(Architecture::X64)),
            [.., "(32-bit)"] => (&words[..words.len() - 1], Some(Architecture::X86)),
            _ => (&words[..], None),
        };
        let ["microsoft", middle @ .., year] = words else {
            return None;
        };
        let year = OfficeYear::of_name(year)?;
        let (what, of_components) = what(middle, year)?;
        Some(Self {
            year,
            what,
            bits: bits.or(of_components),
            has_service_pack: version.and_then(|version| year.has_service_pack(&version)),
        })
    }

    /// `microsoft office 2016 (kb5002820) 64-bit edition`.
    fn update(words: &[&str]) -> Option<Self> {
        let ["microsoft", application, rest @ ..] = words else {
            return None;
        };
        Application::of_name(application)?;
        let year = rest.iter().find_map(|word| OfficeYear::of_name(word))?;
        let bits = match *rest {
            [.., "64-bit", "edition"] => Some(Architecture::X64),
            [.., "32-bit", "edition"] => Some(Architecture::X86),
            _ => None,
        };
        Some(Self {
            year,
            what: What::Update,
            bits,
            has_service_pack: None,
        })
    }

    pub(super) const fn is_update(&self) -> bool {
        matches!(self.what, What::Update)
    }
}

/// What stands between `microsoft` and the year.
fn what(words: &[&str], year: OfficeYear) -> Option<(What, Option<Architecture>)> {
    let application = |name: &str| Application::of_name(name).map(What::Application);
    let found = match *words {
        ["office", "64-bit", "components"] => {
            return Some((What::Components, Some(Architecture::X64)));
        }
        // "Microsoft Excel MUI (English) 2016", older ones with "Office".
        ["office", name, "mui", _] | [name, "mui", _] => match application(name)? {
            What::Application(Application::Office) => What::Components,
            own => own,
        },
        [
            "office",
            name @ ("visio" | "project"),
            "standard" | "professional",
        ]
        | [name @ ("visio" | "project"), "standard" | "professional"]
        | ["office", name]
            if Application::of_name(name).is_some() =>
        {
            application(name)?
        }
        ["office"] => What::Suite(None),
        ["office", ..] => {
            let edition = words[1..].join(" ");
            What::Suite(Some(suite(&edition, year)?))
        }
        [name] => application(name)?,
        _ => return None,
    };
    Some((found, None))
}

/// The applications that entries of one release tell: by its parts, else by what is in the
/// suite, and always what they share. `None` where there is no Office.
pub(super) fn applications_of<'e>(
    entries: impl Iterator<Item = &'e OfficeEntry> + Clone,
) -> Option<Vec<Application>> {
    let parts = entries.clone().filter_map(|entry| match entry.what {
        What::Application(application) => Some(application),
        _ => None,
    });
    let mut found: BTreeSet<Application> = parts.collect();
    let suites = entries.filter_map(|entry| match entry.what {
        What::Suite(applications) => Some(applications),
        _ => None,
    });
    let suites: Vec<_> = suites.collect();
    if found.is_empty() && suites.is_empty() {
        return None;
    }
    let is_told = found
        .iter()
        .any(|application| !matches!(application, Application::Visio | Application::Project));
    if !is_told {
        found.extend(suites.into_iter().flatten().flatten());
    }
    found.insert(Application::Office);
    Some(found.into_iter().collect())
}

#[cfg(test)]
mod tests {
    use super::*;
    use Application::{Excel, Office, Publisher, Visio, Word};

    fn entries(list: &[(&str, &str)]) -> Vec<OfficeEntry> {
        list.iter()
            .filter_map(|(name, version)| OfficeEntry::of(name, version))
            .collect()
    }

    #[test]
    fn windows_installer_is_told_from_click_to_run() {
        for (name, version, expected) in [
            (
                "Microsoft Office Professional Plus 2016",
                "16.0.4266.1001",
                true,
            ),
            (
                "Microsoft Office Professional Plus 2016 - en-us",
                "16.0.17928.20114",
                false,
            ),
            (
                "Microsoft Office Professional Plus 2016",
                "16.0.17928.20114",
                false,
            ),
            ("Microsoft Office Professional Plus 2019 - de-de", "", false),
            (
                "Microsoft 365 Apps for enterprise - en-us",
                "16.0.17928.20114",
                false,
            ),
            ("Microsoft Excel 2016", "16.0.4266.1001", true),
            ("Microsoft Visio Professional 2013", "15.0.4569.1506", true),
            (
                "Microsoft Visio Professional 2013 - en-us",
                "15.0.5301.1000",
                false,
            ),
            (
                "Microsoft Office Proof (English) 2016",
                "16.0.4266.1001",
                false,
            ),
            ("Microsoft Excel Viewer 2007", "", false),
            (
                "Security Update for Microsoft Office 2016 (KB5002820) 64-Bit Edition",
                "",
                true,
            ),
            ("Update for Windows 10 (KB5001716)", "", false),
        ] {
            assert_eq!(OfficeEntry::of(name, version).is_some(), expected, "{name}");
        }
    }

    #[test]
    fn parts_tell_the_applications_and_else_the_suite_does() {
        let suite = ("Microsoft Office Professional Plus 2016", "16.0.4266.1001");
        let all = applications_of(entries(&[suite]).iter()).unwrap();
        assert!(all.contains(&Excel) && all.contains(&Publisher) && all.contains(&Office));
        let part = ("Microsoft Excel MUI (English) 2016", "16.0.4266.1001");
        let told = applications_of(entries(&[suite, part]).iter()).unwrap();
        assert_eq!(told, [Office, Excel]);
        let visio = ("Microsoft Visio Standard 2016", "16.0.4266.1001");
        assert_eq!(
            applications_of(entries(&[visio]).iter()).unwrap(),
            [Office, Visio]
        );
        let beside = applications_of(entries(&[suite, visio]).iter()).unwrap();
        assert!(beside.contains(&Visio) && beside.contains(&Word));
        let update = (
            "Update for Microsoft Word 2016 (KB5002466) 32-Bit Edition",
            "",
        );
        assert_eq!(applications_of(entries(&[update]).iter()), None);
    }

    #[test]
    fn bits_and_service_packs() {
        let entry = |name, version| OfficeEntry::of(name, version).unwrap();
        let x64 = entry("Microsoft Office 64-bit Components 2013", "15.0.4569.1506");
        assert_eq!(x64.bits, Some(Architecture::X64));
        assert_eq!(x64.has_service_pack, Some(true));
        let update = "Security Update for Microsoft Excel 2016 (KB5002818) 32-Bit Edition";
        assert_eq!(entry(update, "").bits, Some(Architecture::X86));
        let early = entry("Microsoft Office Standard 2013", "15.0.4420.1017");
        assert_eq!(early.has_service_pack, Some(false));
    }
}
