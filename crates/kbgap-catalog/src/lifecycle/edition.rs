//! Editions of Windows clients, as far as they decide about its support.

use std::collections::HashMap;
use std::sync::LazyLock;

use serde::{Deserialize, Serialize};

use super::rows;
use crate::fold::fold;

/// An edition of a Windows client.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Edition {
    /// Home, and what else is sold to people.
    Home,
    /// Pro, Pro Education, Pro for Workstations.
    Pro,
    /// Enterprise, Education, IoT Enterprise.
    Enterprise,
    /// Enterprise LTSC, once called LTSB.
    Ltsc,
    /// IoT Enterprise LTSC.
    IotLtsc,
}

const NAMES: [(Edition, &str); 5] = [
    (Edition::Home, "home"),
    (Edition::Pro, "pro"),
    (Edition::Enterprise, "enterprise"),
    (Edition::Ltsc, "ltsc"),
    (Edition::IotLtsc, "iot-ltsc"),
];

const TABLE: &str = include_str!("../../data/windows-editions.tsv");

static BY_NAME: LazyLock<HashMap<&'static str, Edition>> = LazyLock::new(|| {
    rows(TABLE)
        .filter_map(|columns| match columns[..] {
            [name, edition] => Some((name, Edition::of_name(edition)?)),
            _ => None,
        })
        .collect()
});

impl Edition {
    /// All of them.
    pub fn all() -> impl Iterator<Item = Self> {
        NAMES.iter().map(|(edition, _)| *edition)
    }

    /// The name in tables and answers.
    #[must_use]
    pub fn name(self) -> &'static str {
        let found = NAMES.iter().find(|(edition, _)| *edition == self);
        found.map_or("", |(_, name)| name)
    }

    pub(super) fn of_name(name: &str) -> Option<Self> {
        let found = NAMES.iter().find(|(_, known)| *known == name)?;
        Some(found.0)
    }

    /// Reads an edition as reports write it: the registry's `EnterpriseS`, a text such as
    /// `Enterprise LTSC`, or a whole name such as `Microsoft Windows 10 Pro`. `None` for
    /// what the reviewed table does not have: no edition is taken for another one.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        // Names are limited where they are read; of longer ones the beginning counts.
        let text: String = text.chars().take(100).collect();
        let folded = fold(&text);
        let edition = folded
            .split_once("windows ")
            .map_or(folded.as_str(), |(_, edition)| edition);
        let words = edition
            .split(' ')
            .filter(|word| !word.starts_with(|c: char| c.is_ascii_digit()));
        let name: String = words.collect();
        // Editions without a media player end in N, and are supported like the others.
        let known = BY_NAME.get(name.as_str());
        let without = || BY_NAME.get(name.strip_suffix('n')?);
        known.or_else(without).copied()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_row_is_read_and_in_the_form_that_names_are_brought_into() {
        assert_eq!(BY_NAME.len(), rows(TABLE).count());
        for name in BY_NAME.keys() {
            assert_eq!(fold(name).replace(' ', ""), **name);
        }
    }

    #[test]
    fn names_of_the_registry_and_of_people() {
        use Edition::{Enterprise, Home, IotLtsc, Ltsc, Pro};
        for (text, expected) in [
            ("Professional", Some(Pro)),
            ("ProfessionalWorkstationN", Some(Pro)),
            ("Pro for Workstations", Some(Pro)),
            ("Core", Some(Home)),
            ("CoreSingleLanguage", Some(Home)),
            ("Home Premium", Some(Home)),
            ("Ultimate", Some(Home)),
            ("CloudEditionN", Some(Home)),
            ("Enterprise", Some(Enterprise)),
            ("EnterpriseN", Some(Enterprise)),
            ("Education", Some(Enterprise)),
            ("IoTEnterprise", Some(Enterprise)),
            ("EnterpriseS", Some(Ltsc)),
            ("EnterpriseSN", Some(Ltsc)),
            ("Enterprise LTSC", Some(Ltsc)),
            ("IoTEnterpriseS", Some(IotLtsc)),
            ("IoT Enterprise LTSC", Some(IotLtsc)),
            ("Microsoft Windows 10 Pro", Some(Pro)),
            ("Microsoft Windows 10 Enterprise 2016 LTSB", Some(Ltsc)),
            ("Microsoft Windows 10 Enterprise LTSC 2021", Some(Ltsc)),
            ("Microsoft Windows 7 Entreprise ", Some(Enterprise)),
            ("Microsoft Windows 10 企业版 LTSC", Some(Ltsc)),
            ("Microsoft Windows Server 2019 Standard", None),
            ("Windows10", None),
            ("Microsoft Windows 10", None),
            ("Kiosk", None),
            ("n", None),
            ("", None),
        ] {
            assert_eq!(Edition::parse(text), expected, "{text}");
        }
    }
}
