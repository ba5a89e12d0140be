//! From a product's name to the API's software, and to the family of rules that
//! decides about it (assessment.md, section 3).
//!
//! A name is `[component on] platform`. The component gives the software; without
//! one the platform does. Platforms are read word for word, components by a
//! reviewed table (`data/software.tsv`) whose rows match at word boundaries, so that
//! no name swallows a longer one.

mod installed;
mod normal;
mod words;

use std::collections::HashMap;
use std::sync::LazyLock;

use crate::fold::fold;
use crate::platform::{Platform, RELEASE_TABLE, Release};
use crate::software::SoftwareId;
use crate::table::rows;

pub use installed::map_installed;
pub use normal::{Branch, InstalledSoftware, Recognised, named_in_table, recognise};

/// What part of Windows, or which other product, a product of the feed is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Component {
    /// Windows itself.
    Windows,
    /// Internet Explorer.
    InternetExplorer,
    /// The old Edge, part of Windows 10.
    EdgeHtml,
    /// What Chromium Edge's IE mode uses of Windows.
    EdgeIeMode,
    /// XML Core Services.
    XmlCoreServices,
    /// Flash Player as Windows carried it.
    FlashPlayer,
    /// VBScript.
    VbScript,
    /// JScript.
    JScript,
    /// The Hyperlink Object Library.
    HyperlinkObjectLibrary,
    /// .NET Framework.
    DotNetFramework,
    /// SQL Server.
    SqlServer,
    /// Exchange Server.
    Exchange,
    /// SharePoint and what is served by it.
    SharePoint,
    /// Office and its applications.
    Office,
    /// Edge (Chromium-based).
    EdgeChromium,
    /// Everything else.
    Other,
}

const COMPONENTS: [(Component, &str); 16] = [
    (Component::Windows, "windows"),
    (Component::InternetExplorer, "internet-explorer"),
    (Component::EdgeHtml, "edge-html"),
    (Component::EdgeIeMode, "edge-ie-mode"),
    (Component::XmlCoreServices, "xml-core-services"),
    (Component::FlashPlayer, "flash-player"),
    (Component::VbScript, "vbscript"),
    (Component::JScript, "jscript"),
    (
        Component::HyperlinkObjectLibrary,
        "hyperlink-object-library",
    ),
    (Component::DotNetFramework, "dot-net-framework"),
    (Component::SqlServer, "sql-server"),
    (Component::Exchange, "exchange"),
    (Component::SharePoint, "sharepoint"),
    (Component::Office, "office"),
    (Component::EdgeChromium, "edge-chromium"),
    (Component::Other, "other"),
];

impl Component {
    /// Whether Windows carries it, so that it applies where its platform does.
    #[must_use]
    pub const fn is_part_of_windows(self) -> bool {
        matches!(
            self,
            Self::Windows
                | Self::InternetExplorer
                | Self::EdgeHtml
                | Self::EdgeIeMode
                | Self::XmlCoreServices
                | Self::FlashPlayer
                | Self::VbScript
                | Self::JScript
                | Self::HyperlinkObjectLibrary
        )
    }

    fn parse(name: &str) -> Option<Self> {
        COMPONENTS
            .iter()
            .find(|(_, n)| *n == name)
            .map(|(component, _)| *component)
    }

    pub(crate) fn from_u8(value: u8) -> Option<Self> {
        COMPONENTS
            .iter()
            .find(|(component, _)| *component as u8 == value)
            .map(|(component, _)| *component)
    }
}

/// What a product of the feed is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ProductMapping {
    /// The API's software.
    pub software: SoftwareId,
    /// What it is.
    pub component: Component,
    /// The Windows that it is or runs on, where a machine of ours can have it.
    pub platform: Option<Platform>,
}

/// Reads a full product name; `None` where the reviewed tables do not reach it.
#[must_use]
pub fn map_product(name: &str) -> Option<ProductMapping> {
    let folded = fold(name);
    // The feed has one name with this slip at its end.
    let folded = folded.strip_suffix(" - extra").unwrap_or(&folded);
    if let Some(platform) = Platform::parse(folded) {
        let software = SoftwareId::from_names("microsoft", platform.release.software)?;
        return Some(ProductMapping {
            software,
            component: Component::Windows,
            platform: Some(platform),
        });
    }
    // The last "on" divides where a Windows follows it; elsewhere the words after it
    // may be part of the name ("BC On Premise"), and the longest row decides.
    let divided = folded.rsplit_once(" on ");
    let platform = divided.and_then(|(_, platform)| Platform::parse(platform));
    let component_name = match (divided, platform) {
        (Some((component, _)), Some(_)) => component,
        _ => folded,
    };
    let row = TABLE.find(component_name)?;
    // "Office 2016 for Mac" is Office, and never on a machine of ours.
    let elsewhere = [" for mac", " for ios", " for android"]
        .iter()
        .any(|os| component_name.contains(os));
    let component = if elsewhere && !row.component.is_part_of_windows() {
        Component::Other
    } else {
        row.component
    };
    Some(ProductMapping {
        software: row.software.clone(),
        component,
        platform,
    })
}

/// Whether the reviewed tables map any product to this software.
#[must_use]
pub fn is_mapped_software(id: &SoftwareId) -> bool {
    TABLE.rows.values().any(|row| row.software == *id)
        || (id.vendor() == "microsoft" && Release::has_software(id.name()))
}

/// The family of rules of a software, by the products of the feed that are mapped to it.
fn component_of(id: &SoftwareId) -> Component {
    let rows = TABLE.rows.values().filter(|row| row.software == *id);
    rows.map(|row| row.component)
        .min()
        .unwrap_or(Component::Other)
}

/// A number that differs when one of the reviewed tables does.
pub(crate) fn tables_fingerprint() -> u32 {
    let mut hash = crc32fast::Hasher::new();
    hash.update(SOFTWARE_TABLE.as_bytes());
    hash.update(RELEASE_TABLE.as_bytes());
    hash.finalize()
}

const SOFTWARE_TABLE: &str = include_str!("../data/software.tsv");

static TABLE: LazyLock<Table> = LazyLock::new(|| Table {
    rows: rows(SOFTWARE_TABLE).filter_map(Row::parse).collect(),
});

struct Table {
    rows: HashMap<&'static str, Row>,
}

struct Row {
    software: SoftwareId,
    component: Component,
}

impl Row {
    fn parse(line: &'static str) -> Option<(&'static str, Self)> {
        let mut columns = line.split('\t');
        let prefix = columns.next()?;
        let software = columns.next()?.parse().ok()?;
        let component = Component::parse(columns.next()?)?;
        Some((
            prefix,
            Self {
                software,
                component,
            },
        ))
    }
}

impl Table {
    /// The row of the longest prefix that ends where a word does.
    fn find(&self, name: &str) -> Option<&Row> {
        let mut end = name.len();
        loop {
            if let Some(row) = self.rows.get(name[..end].trim_end_matches([',', ':'])) {
                return Some(row);
            }
            end = name[..end].rfind(' ')?;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn mapped(name: &str) -> (String, Component, bool) {
        let mapping = map_product(name).unwrap_or_else(|| panic!("{name} is not reached"));
        (
            mapping.software.as_str().to_owned(),
            mapping.component,
            mapping.platform.is_some(),
        )
    }

    fn software(name: &str) -> String {
        mapped(name).0
    }

    #[test]
    fn every_row_of_the_table_is_read() {
        let rows = SOFTWARE_TABLE
            .lines()
            .filter(|l| !l.is_empty() && !l.starts_with('#'))
            .count();
        assert_eq!(TABLE.rows.len(), rows);
        for (component, _) in COMPONENTS {
            assert_eq!(Component::from_u8(component as u8), Some(component));
        }
    }

    #[test]
    fn the_component_gives_the_software_and_without_one_the_platform() {
        let windows = "Windows 10 Version 1909 for x64-based Systems";
        for (name, software, component) in [
            (
                windows.to_owned(),
                "microsoft-_-windows_10",
                Component::Windows,
            ),
            (
                format!("Microsoft Edge (EdgeHTML-based) on {windows}"),
                "microsoft-_-edge",
                Component::EdgeHtml,
            ),
            (
                format!("Internet Explorer 11 on {windows}"),
                "microsoft-_-internet_explorer",
                Component::InternetExplorer,
            ),
            (
                format!("Microsoft Edge (Chromium-based) in IE Mode on {windows}"),
                "microsoft-_-internet_explorer",
                Component::EdgeIeMode,
            ),
            (
                format!("Microsoft .NET Framework 3.5 AND 4.8 on {windows}"),
                "microsoft-_-.net_framework",
                Component::DotNetFramework,
            ),
            (
                format!("Adobe Flash Player on {windows}"),
                "adobe-_-flash_player",
                Component::FlashPlayer,
            ),
        ] {
            assert_eq!(
                mapped(&name),
                (software.to_owned(), component, true),
                "{name}"
            );
        }
        assert_eq!(
            mapped("Microsoft Edge (Chromium-based)"),
            (
                "microsoft-_-edge_chromium-based".into(),
                Component::EdgeChromium,
                false
            )
        );
        assert_eq!(
            software("Microsoft SQL Server 2019 for x64-based Systems (CU 25)"),
            "microsoft-_-sql_server"
        );
        assert_eq!(
            software("Microsoft Exchange Server 2019 Cumulative Update 14"),
            "microsoft-_-exchange_server"
        );
        assert_eq!(
            software("Microsoft Excel 2016 (64-bit edition)"),
            "microsoft-_-excel"
        );
    }

    #[test]
    fn no_server_swallows_another() {
        assert_eq!(
            software("Windows Server 2012"),
            "microsoft-_-windows_server_2012"
        );
        assert_eq!(
            software("Windows Server 2012 R2"),
            "microsoft-_-windows_server_2012_r2"
        );
        assert_eq!(
            software("Windows Server 2022, 23H2 Edition (Server Core installation)"),
            "microsoft-_-windows_server_23h2"
        );
        assert_eq!(
            software("Windows Server, version 1909 (Server Core installation)"),
            "microsoft-_-windows_server_1909"
        );
    }

    #[test]
    fn products_whose_names_hold_the_os_are_not_the_os() {
        for name in [
            "Windows 11 HLK 22H2",
            "Windows HLK, version 1809",
            "Windows ADK for Windows 11, version 22H2",
            "Windows Admin Center",
        ] {
            let (software, component, platform) = mapped(name);
            assert!(
                !software.contains("windows_1") && !software.contains("server"),
                "{name}: {software}"
            );
            assert_eq!((component, platform), (Component::Other, false), "{name}");
        }
        assert_eq!(map_product("Windows 12 for x64-based Systems"), None);
        assert_eq!(map_product("Windows Server 2012 R3"), None);
    }

    #[test]
    fn an_on_that_is_part_of_the_name_divides_nothing() {
        for (name, id) in [
            (
                "Microsoft Dynamics 365 BC On Premise",
                "microsoft-_-dynamics_365_business_central",
            ),
            (
                "Excel Services on Microsoft SharePoint Server 2010 Service Pack 2",
                "microsoft-_-sharepoint_server",
            ),
            (
                "ASP.NET MVC 5.2 on Microsoft Visual Studio 2013 Update 5",
                "microsoft-_-asp.net_mvc",
            ),
        ] {
            assert_eq!(software(name), id, "{name}");
        }
    }

    #[test]
    fn words_are_matched_whole_and_the_longest_wins() {
        assert_eq!(
            software("Microsoft Excel Viewer 2007 Service Pack 3"),
            "microsoft-_-excel_viewer"
        );
        assert_eq!(
            software("Skype for Business Server 2019 CU2"),
            "microsoft-_-skype_for_business_server"
        );
        assert_eq!(
            software("Skype for Business 2016 (32-bit)"),
            "microsoft-_-skype_for_business"
        );
        assert_eq!(map_product("Microsoft Excellence"), None);
    }

    #[test]
    fn other_systems_have_the_software_and_never_apply() {
        assert_eq!(
            mapped("Microsoft Office 2016 for Mac"),
            ("microsoft-_-office".into(), Component::Other, false)
        );
        assert_eq!(
            mapped(".NET 8.0 installed on Linux"),
            ("microsoft-_-.net".into(), Component::Other, false)
        );
        assert_eq!(
            mapped("Windows 10 Version 1809 for HoloLens"),
            ("microsoft-_-windows_10".into(), Component::Windows, false)
        );
        assert_eq!(
            map_product("azl3 kernel 6.6.57.1-6 on Azure Linux 3.0"),
            None
        );
    }

    #[test]
    fn a_slip_of_the_feed_is_the_product_that_it_means() {
        let slip = map_product("Windows 11 Version 26H1 for x64-based Systems - extra");
        assert_eq!(
            slip,
            map_product("Windows 11 version 26H1 for x64-based Systems")
        );
        assert!(slip.is_some_and(|m| m.platform.is_some()));
    }

    #[test]
    fn mapped_software_is_known_without_any_feed() {
        for (id, known) in [
            ("microsoft-_-windows_10", true),
            ("microsoft-_-edge", true),
            ("adobe-_-flash_player", true),
            ("microsoft-_-nonsense", false),
            ("adobe-_-windows_10", false),
        ] {
            assert_eq!(is_mapped_software(&id.parse().unwrap()), known, "{id}");
        }
    }
}
