//! Products of the feed, such as
//! `Microsoft .NET Framework 3.5 AND 4.6.2/4.7/4.7.1/4.7.2 on Windows Server 2016`.

use super::framework::Framework;

/// The releases that a product names before its platform, in order; `None` unless every
/// word is understood.
pub(super) fn releases_of(product: &str) -> Option<Vec<Framework>> {
    let name = product.to_lowercase();
    let (component, _) = name.rsplit_once(" on ")?;
    let rest = component.strip_prefix("microsoft .net framework ")?;
    let mut words = rest
        .split(|c: char| c.is_whitespace() || c == '/')
        .filter(|word| !word.is_empty() && *word != "and");
    let mut releases = Vec::new();
    while let Some(word) = words.next() {
        if word == "service" {
            (words.next() == Some("pack")).then_some(())?;
            words.next()?.parse::<u8>().ok()?;
            continue;
        }
        releases.push(Framework::of_name(word)?);
    }
    releases.sort_unstable();
    (!releases.is_empty()).then_some(releases)
}

#[cfg(test)]
mod tests {
    use super::*;
    use Framework::{V20, V35, V46, V47, V48, V461, V462, V471, V472};

    #[test]
    fn names_of_the_feed() {
        for (name, releases) in [
            (
                "Microsoft .NET Framework 3.5 AND 4.6.2/4.7/4.7.1/4.7.2 on Windows Server 2016",
                Some(vec![V35, V462, V47, V471, V472]),
            ),
            (
                "Microsoft .NET Framework 3.5 and 4.6.2 on Windows 10 for x64-based Systems",
                Some(vec![V35, V462]),
            ),
            (
                "Microsoft .NET Framework 4.6/4.6.1 on Windows RT 8.1",
                Some(vec![V46, V461]),
            ),
            (
                "Microsoft .NET Framework 2.0 Service Pack 2 on Windows Vista Service Pack 2",
                Some(vec![V20]),
            ),
            (
                "Microsoft .NET Framework 3.5.1 on Windows 7 for 32-bit Systems",
                Some(vec![V35]),
            ),
            (
                "Microsoft .NET Framework 4.8 on Windows Server 2022",
                Some(vec![V48]),
            ),
            ("Microsoft .NET Framework 5.9 on Windows Server 2022", None),
            (
                "Microsoft .NET Framework 4.8 Tools on Windows Server 2022",
                None,
            ),
            (".NET Framework 4.7.2 Developer Pack", None),
        ] {
            assert_eq!(releases_of(name), releases, "{name}");
        }
    }

    #[test]
    fn every_product_of_the_feed_is_understood() {
        let Some(catalog) = kbgap_testkit::real_feed::catalog() else {
            return;
        };
        let own = catalog.products().filter(|product| {
            product.component() == Some(kbgap_catalog::Component::DotNetFramework)
                && product.has_kb()
        });
        let names: Vec<&str> = own.map(|product| product.name()).collect();
        assert!(names.len() > 300, "{}", names.len());
        let odd = names.into_iter().filter(|name| releases_of(name).is_none());
        assert_eq!(odd.collect::<Vec<_>>(), [""; 0]);
    }
}
