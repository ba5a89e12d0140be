//! From the names that uninstall lists show to the API's software, as far as a
//! rule asks for them.

use super::Component;
use crate::fold::fold;
use crate::software::SoftwareId;
use crate::sql_server::names_engine;
use crate::version::Version;

const MICROSOFT: &str = "microsoft";

/// The first major version that no Edge with the old engine ever had; those of
/// EdgeHTML ended at 44, the first Chromium one was 75.
const FIRST_CHROMIUM: u32 = 70;

/// The software and family of an installed program, where it is one of ours.
/// Vendor and version may be empty, where they are not reported.
#[must_use]
pub fn map_installed(vendor: &str, name: &str, version: &str) -> Option<(SoftwareId, Component)> {
    // Most programs are of others, and are known so before anything is copied.
    let vendor = vendor.trim();
    let own = vendor.get(..MICROSOFT.len());
    if !(vendor.is_empty() || own.is_some_and(|own| own.eq_ignore_ascii_case(MICROSOFT))) {
        return None;
    }
    let folded = fold(name);
    let (software, component) = match folded.as_str() {
        // Neither "Microsoft Edge Update" nor the WebView2 runtime is the browser.
        "microsoft edge" if is_edge_html(version) => ("edge", Component::EdgeHtml),
        "microsoft edge" | "edge_chromium-based" => {
            ("edge_chromium-based", Component::EdgeChromium)
        }
        // As Microsoft Defender's exports name them.
        "exchange_server" => ("exchange_server", Component::Exchange),
        "sharepoint_server" => ("sharepoint_server", Component::SharePoint),
        ".net_framework" => (".net_framework", Component::DotNetFramework),
        "office" | "365_apps" => ("office", Component::Office),
        name if names_engine(name) => ("sql_server", Component::SqlServer),
        name if is_exchange(name) => ("exchange_server", Component::Exchange),
        name if is_sharepoint(name) => ("sharepoint_server", Component::SharePoint),
        name if is_framework(name) => (".net_framework", Component::DotNetFramework),
        name if is_office(name) => ("office", Component::Office),
        _ => return None,
    };
    Some((SoftwareId::from_names("microsoft", software)?, component))
}

/// Not what developers compile against, which is none to run.
fn is_framework(name: &str) -> bool {
    name.starts_with("microsoft .net framework")
        && ![" pack", " sdk"].iter().any(|tool| name.contains(tool))
}

/// Without a version it is the Chromium one: the old one stands in no uninstall list.
fn is_edge_html(version: &str) -> bool {
    Version::parse(version)
        .and_then(|version| version.parts().first().copied())
        .is_some_and(|major| major < FIRST_CHROMIUM)
}

/// A language pack is no server.
fn is_exchange(name: &str) -> bool {
    name.starts_with("microsoft exchange server") && !name.contains("language pack")
}

/// `Microsoft SharePoint Server 2019`, `Microsoft SharePoint Foundation 2013`, and none of
/// the programs that are used with one, such as SharePoint Designer.
fn is_sharepoint(name: &str) -> bool {
    let is_edition = |word: &str| {
        matches!(
            word,
            "server" | "foundation" | "enterprise" | "standard" | "subscription"
        ) || word.bytes().all(|b| b.is_ascii_digit())
    };
    let rest = name
        .strip_prefix("microsoft sharepoint")
        .or_else(|| name.strip_prefix("microsoft office sharepoint"));
    rest.is_some_and(|rest| rest.split_whitespace().next().is_none_or(is_edition))
}

/// What begins like a suite and is another program.
const NO_SUITES: [&str; 6] = [
    "visio",
    "project",
    "onenote",
    "sharepoint",
    "server",
    "viewer",
];

/// `Microsoft Office Professional Plus 2016`, `Microsoft 365 Apps for enterprise - en-us`,
/// `Aplicaciones de Microsoft 365 para empresas - es-es`.
fn is_office(name: &str) -> bool {
    let is_suite = || !NO_SUITES.iter().any(|other| name.contains(other));
    name.starts_with("microsoft 365 ")
        || (name.contains(" microsoft 365 ") && ends_with_language(name))
        || (name.starts_with("microsoft office ")
            && is_suite()
            && [
                "standard",
                "professional",
                "home",
                "enterprise",
                "personal",
                "ltsc",
                "365",
            ]
            .iter()
            .any(|edition| name.contains(edition)))
}

/// ` - en-us`, as Click-to-Run has it.
fn ends_with_language(name: &str) -> bool {
    let tag = name
        .rsplit_once(" - ")
        .and_then(|(_, tag)| tag.split_once('-'));
    tag.is_some_and(|(language, region)| {
        language.len() == 2
            && (2..=4).contains(&region.len())
            && [language, region]
                .iter()
                .all(|part| part.bytes().all(|b| b.is_ascii_alphabetic()))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn component(name: &str) -> Option<Component> {
        map_installed("Microsoft Corporation", name, "").map(|(_, component)| component)
    }

    #[test]
    fn the_version_tells_the_two_edges_apart() {
        let edge = |version| map_installed("Microsoft Corporation", "Microsoft Edge", version);
        for (version, software) in [
            ("44.18362.449.0", "microsoft-_-edge"),
            ("80.0.361.66", "microsoft-_-edge_chromium-based"),
            ("138.0.3351.95", "microsoft-_-edge_chromium-based"),
            ("", "microsoft-_-edge_chromium-based"),
        ] {
            assert_eq!(edge(version).unwrap().0.as_str(), software, "{version}");
        }
    }

    #[test]
    fn what_others_sell_under_such_a_name_is_not_microsofts() {
        assert_eq!(map_installed("Contoso Ltd", "Microsoft Edge", "80.0"), None);
        assert!(map_installed("", "Microsoft Edge", "80.0").is_some());
    }

    #[test]
    fn only_the_browser_is_edge() {
        assert_eq!(component("Microsoft Edge"), Some(Component::EdgeChromium));
        for name in [
            "Microsoft Edge Update",
            "Microsoft Edge WebView2 Runtime",
            "Edge",
        ] {
            assert_eq!(component(name), None, "{name}");
        }
    }

    #[test]
    fn names_of_exports_are_of_the_same_families() {
        for (name, family) in [
            ("sql_server", Component::SqlServer),
            (".net_framework", Component::DotNetFramework),
            ("office", Component::Office),
            ("exchange_server", Component::Exchange),
        ] {
            assert_eq!(component(name), Some(family), "{name}");
        }
    }

    #[test]
    fn families_with_rules_of_their_own() {
        assert_eq!(
            component("Microsoft SQL Server 2019 (64-bit)"),
            Some(Component::SqlServer)
        );
        // An instance lists its parts by names without "Microsoft".
        for name in [
            "sql_server_2019",
            // As our collector names an instance, whose version tells the release.
            "Microsoft SQL Server",
            "Microsoft SQL Server 2005 (64-bit)",
            "Service Pack 3 for SQL Server 2014 (KB4022619) (64-bit)",
            "SQL Server 2017 Database Engine Services",
            "SQL Server 2008 R2 SP2 Database Engine Services",
            "Hotfix 6430 for SQL Server 2017 (KB5021126) (64-bit)",
            "GDR 3460 for SQL Server 2017 (KB5014354) (64-bit)",
        ] {
            assert_eq!(component(name), Some(Component::SqlServer), "{name}");
        }
        assert_eq!(
            component("Microsoft Office Professional Plus 2016 - en-us"),
            Some(Component::Office)
        );
        assert_eq!(
            component("Microsoft 365 Apps for enterprise - en-us"),
            Some(Component::Office)
        );
        for name in [
            "Microsoft .NET Framework 4.8 Targeting Pack (ENU)",
            "Microsoft .NET Framework 4.8 SDK",
            "Microsoft SQL Server 2012 Native Client",
            "Microsoft SQL Server 2019 Setup (English)",
            "SQL Server Management Studio",
            "SQL Server 2017 Client Tools Extensions",
            "SQL Server 2017 Database Engine Shared",
            "Hotfix for SQL Server Management Studio",
            "Microsoft SQL Server 2019 RsFx Driver",
            "Microsoft Teams Meeting Add-in for Microsoft Office",
        ] {
            assert_eq!(component(name), None, "{name}");
        }
    }
}
