//! Entries of software lists that tell of an Exchange Server.

use kbgap_catalog::{KbId, Version};

use super::table::three_parts;

/// What an entry of a software list tells of Exchange.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ExchangeEntry {
    pub(crate) version: Option<Version>,
    /// The update that the entry is.
    pub(crate) kb: Option<KbId>,
    /// Whether it shows that there is a server: an update may have been left behind.
    pub(crate) is_server: bool,
}

impl ExchangeEntry {
    /// What an entry of Microsoft's tells; `None` where it is no Exchange.
    pub(crate) fn of(name: &str, version: &str) -> Option<Self> {
        let words: Vec<String> = name
            .split(|c: char| c.is_whitespace() || c == '_')
            .filter(|word| !word.is_empty())
            .map(str::to_lowercase)
            .collect();
        let name = words.join(" ");
        let update = name.strip_prefix("security update for ");
        let rest = update.unwrap_or(&name);
        let rest = rest.strip_prefix("microsoft ").unwrap_or(rest);
        let rest = rest.strip_prefix("exchange server")?;
        let kb = || rest.split_once("(kb")?.1.split_once(')')?.0.parse().ok();
        // Language packs and tools are named alike.
        let is_server = update.is_none() && is_plain(rest);
        (is_server || update.is_some()).then(|| Self {
            version: Version::parse(version).filter(|v| three_parts(v).is_some()),
            kb: kb(),
            is_server,
        })
    }
}

/// Whether nothing but the release and the cumulative update is told.
fn is_plain(rest: &str) -> bool {
    rest.split(' ').all(|word| {
        matches!(
            word,
            "" | "cumulative" | "update" | "service" | "pack" | "subscription" | "edition" | "rtm"
        ) || word.bytes().all(|b| b.is_ascii_digit())
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn entries_of_servers_and_of_their_updates() {
        for (name, is_server, kb) in [
            (
                "Microsoft Exchange Server 2019 Cumulative Update 14",
                true,
                None,
            ),
            ("Microsoft Exchange Server", true, None),
            ("exchange_server_2019", true, None),
            (
                "Microsoft Exchange Server Subscription Edition RTM",
                true,
                None,
            ),
            (
                "Security Update for Exchange Server 2019 Cumulative Update 14 (KB5049233)",
                false,
                Some(5_049_233),
            ),
        ] {
            let entry = ExchangeEntry::of(name, "15.2.1544.4").unwrap();
            assert_eq!(entry.version, Version::parse("15.2.1544.4"), "{name}");
            assert_eq!(entry.is_server, is_server, "{name}");
            assert_eq!(entry.kb.map(KbId::number), kb, "{name}");
        }
        for name in [
            "Microsoft Exchange Server Language Pack - German",
            "Exchange Online PowerShell",
            "Microsoft Exchange Client Language Pack - German",
        ] {
            assert_eq!(ExchangeEntry::of(name, "15.2.1544.4"), None, "{name}");
        }
    }
}
