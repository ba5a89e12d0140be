//! From the names that uninstall lists show to the API's software, as far as a
//! rule asks for them.

use super::Component;
use crate::platform::fold;
use crate::software::SoftwareId;

/// The software and family of an installed program, where it is one of ours.
#[must_use]
pub fn map_installed(_vendor: &str, name: &str) -> Option<(SoftwareId, Component)> {
    let folded = fold(name);
    let (software, component) = match folded.as_str() {
        // Neither "Microsoft Edge Update" nor the WebView2 runtime is the browser.
        "microsoft edge" => ("edge_chromium-based", Component::EdgeChromium),
        name if is_sql_server_engine(name) => ("sql_server", Component::SqlServer),
        name if name.starts_with("microsoft exchange server") => {
            ("exchange_server", Component::Exchange)
        }
        name if name.starts_with("microsoft sharepoint") => {
            ("sharepoint_server", Component::SharePoint)
        }
        name if name.starts_with("microsoft .net framework") => {
            (".net_framework", Component::DotNetFramework)
        }
        name if is_office(name) => ("office", Component::Office),
        _ => return None,
    };
    Some((SoftwareId::from_names("microsoft", software)?, component))
}

/// `Microsoft SQL Server 2019 (64-bit)`, and none of its drivers and tools.
fn is_sql_server_engine(name: &str) -> bool {
    let Some(rest) = name.strip_prefix("microsoft sql server ") else {
        return false;
    };
    let mut words = rest.split(' ');
    let year = words
        .next()
        .is_some_and(|y| y.len() == 4 && y.bytes().all(|b| b.is_ascii_digit()));
    year && words.all(|word| matches!(word, "r2" | "(64-bit)" | "(32-bit)"))
}

/// `Microsoft Office Professional Plus 2016`, `Microsoft 365 Apps for enterprise - en-us`.
fn is_office(name: &str) -> bool {
    name.starts_with("microsoft 365 ")
        || (name.starts_with("microsoft office ")
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

#[cfg(test)]
mod tests {
    use super::*;

    fn component(name: &str) -> Option<Component> {
        map_installed("Microsoft Corporation", name).map(|(_, component)| component)
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
    fn families_with_rules_of_their_own() {
        assert_eq!(
            component("Microsoft SQL Server 2019 (64-bit)"),
            Some(Component::SqlServer)
        );
        assert_eq!(
            component("Microsoft Office Professional Plus 2016 - en-us"),
            Some(Component::Office)
        );
        assert_eq!(
            component("Microsoft 365 Apps for enterprise - en-us"),
            Some(Component::Office)
        );
        for name in [
            "Microsoft SQL Server 2012 Native Client",
            "Microsoft SQL Server 2019 RsFx Driver",
            "Microsoft Teams Meeting Add-in for Microsoft Office",
        ] {
            assert_eq!(component(name), None, "{name}");
        }
    }
}
