//! Names of SharePoint, in the feed and in software lists.

use kbgap_catalog::Version;

use super::version::{SharePointBuild, SharePointVersion};

/// What of SharePoint a name means.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Part {
    /// The server, of whichever edition.
    Server,
    /// What every server is built on, and what 2010 and 2013 had by itself.
    Foundation,
    /// A service that not every server runs, such as Word Automation Services.
    Service,
}

/// The part and version of a product of the feed; `None` unless every word is understood.
pub(super) fn of_product(name: &str) -> Option<(Part, SharePointVersion)> {
    let name = name.to_lowercase();
    let (service, rest) = [
        "excel services on ",
        "excel automation services on ",
        "word automation services on ",
    ]
    .iter()
    .find_map(|service| Some((true, name.strip_prefix(service)?)))
    .unwrap_or((false, &name));
    let of_service = rest.strip_suffix(" on word automation services");
    let rest = of_service.unwrap_or(rest).trim_end_matches(" bad");
    let rest = rest.strip_suffix(" language pack").unwrap_or(rest);
    let (part, version) = plain(rest)?;
    let part = if service || of_service.is_some() {
        Part::Service
    } else {
        part
    };
    Some((part, version?))
}

/// `microsoft sharepoint enterprise server 2013 service pack 1`; without a version where
/// the name tells none.
fn plain(name: &str) -> Option<(Part, Option<SharePointVersion>)> {
    let name = name.strip_prefix("microsoft ").unwrap_or(name);
    let rest = name.strip_prefix("sharepoint")?;
    let (mut part, mut version) = (Part::Server, None);
    let mut words = rest.split_whitespace();
    while let Some(word) = words.next() {
        match word {
            "server" | "enterprise" | "standard" | "rtm" | "sp1" | "sp2" => {}
            "foundation" => part = Part::Foundation,
            "subscription" => {
                (words.next()? == "edition").then_some(())?;
                version = Some(SharePointVersion::Subscription);
            }
            "service" => {
                (words.next()? == "pack").then_some(())?;
                words.next()?.parse::<u8>().ok()?;
            }
            year => version = Some(SharePointVersion::of_name(year)?),
        }
    }
    Some((part, version))
}

/// What an entry of a software list tells of SharePoint.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SharePointEntry {
    pub(super) version: Option<SharePointVersion>,
    pub(super) build: Option<SharePointBuild>,
    pub(super) is_foundation: bool,
}

impl SharePointEntry {
    /// What an entry of Microsoft's tells; `None` for what is no server: updates, language
    /// packs, clients and tools.
    pub(crate) fn of(name: &str, version: &str) -> Option<Self> {
        let name = name.to_lowercase().replace('_', " ");
        let (part, named) = plain(&name)?;
        let told = Version::parse(version);
        let expected = named.unwrap_or(SharePointVersion::V2016);
        let told = told.and_then(|told| SharePointVersion::of_build(&told, expected));
        // A version of another SharePoint is a mistake of who wrote the entry.
        let told = told.filter(|(of, _)| named.is_none_or(|named| named == *of));
        Some(Self {
            version: named.or(told.map(|(version, _)| version)),
            build: told.map(|(_, build)| build),
            is_foundation: part == Part::Foundation,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use SharePointVersion::{Subscription, V2010, V2013, V2016, V2019};

    #[test]
    fn names_of_the_feed() {
        for (name, expected) in [
            (
                "Microsoft SharePoint Server 2019",
                Some((Part::Server, V2019)),
            ),
            (
                "Microsoft SharePoint Enterprise Server 2016",
                Some((Part::Server, V2016)),
            ),
            (
                "Microsoft SharePoint Foundation 2013 Service Pack 1",
                Some((Part::Foundation, V2013)),
            ),
            (
                "SharePoint Server Subscription Edition Language Pack",
                Some((Part::Server, Subscription)),
            ),
            (
                "Word Automation Services on Microsoft SharePoint Server 2010 Service Pack 2",
                Some((Part::Service, V2010)),
            ),
            (
                "Microsoft SharePoint Server 2013 Service Pack 1 on Word Automation Services",
                Some((Part::Service, V2013)),
            ),
            (
                "Microsoft SharePoint Server 2007 Service Pack 3 (32-bit editions)",
                None,
            ),
            ("Microsoft SharePoint Designer 2013", None),
        ] {
            assert_eq!(of_product(name), expected, "{name}");
        }
    }

    #[test]
    fn entries_of_servers() {
        for (name, version, expected, build) in [
            (
                "Microsoft SharePoint Server 2019",
                "16.0.10337.12109",
                Some(V2019),
                Some(10_337),
            ),
            ("Microsoft SharePoint Server 2019", "", Some(V2019), None),
            (
                "Microsoft SharePoint Server 2019",
                "16.0.5556.1002",
                Some(V2019),
                None,
            ),
            (
                "sharepoint_server",
                "16.0.10417.20027",
                Some(V2019),
                Some(10_417),
            ),
            ("sharepoint_server", "", None, None),
            (
                "Microsoft SharePoint Server Subscription Edition",
                "16.0.14326.20450",
                Some(Subscription),
                Some(14_326),
            ),
        ] {
            let entry = SharePointEntry::of(name, version).unwrap();
            assert_eq!(entry.version, expected, "{name}");
            assert_eq!(entry.build.map(|b| b.number), build, "{name}");
        }
        for name in [
            "Microsoft SharePoint Designer 2013",
            "Microsoft SharePoint Foundation 2016 1033 Lang Pack",
            "SharePoint Online Management Shell",
            "Security Update for Microsoft SharePoint Server 2019 Core (KB5002854) 64-Bit Edition",
            "Microsoft SharePoint Workspace 2010",
        ] {
            assert_eq!(SharePointEntry::of(name, ""), None, "{name}");
        }
    }
}
