//! The months of which there are real documents in both forms. Those in JSON are the first
//! revisions, and the vendor has added products, builds and CVEs since: what is compared is whether
//! the newest revision still says what the first one did. It does, but for a few CVEs that were
//! rewritten or withdrawn.

use std::collections::{BTreeMap, BTreeSet};

use kbgap_catalog::{DocumentRecord, KbId, VulnerabilityRecord};
use kbgap_feed::{cvrf, source};
use kbgap_testkit::shared;

type Fact<'a> = (&'a str, &'a str, Option<KbId>);

/// A product of 2020-Dec that its newest revision does not list any more.
const WITHDRAWN: &str = "11800";

/// Every product, CVE and KB that the document brings together.
fn facts(document: &DocumentRecord) -> BTreeSet<Fact<'_>> {
    let of_vulnerability = |v: &'_ VulnerabilityRecord| {
        let fixes = v.fixes.iter().flat_map(|fix| {
            let ids = fix.products.iter();
            ids.map(|&(at, _)| (at as usize, fix.kb))
        });
        fixes.collect::<Vec<_>>()
    };
    let vulnerabilities = document.vulnerabilities.iter();
    vulnerabilities
        .flat_map(|v| {
            let facts = of_vulnerability(v).into_iter();
            facts.map(|(at, kb)| (document.products[at].id.as_str(), v.id.as_str(), kb))
        })
        .collect()
}

/// The CVEs of the older document that the newer one lists otherwise.
fn rewritten(older: &DocumentRecord, newer: &DocumentRecord) -> BTreeSet<String> {
    let ratings = |document: &'_ DocumentRecord| {
        let all = document.vulnerabilities.iter();
        let said = all.map(|v| {
            let flags = (v.publicly_disclosed, v.exploited);
            let tenths = v.cvss.as_ref().map(|c| c.tenths);
            (v.id.clone(), (v.severity, v.impact.clone(), tenths, flags))
        });
        said.collect::<BTreeMap<_, _>>()
    };
    let after = ratings(newer);
    let mut other: BTreeSet<String> = ratings(older)
        .into_iter()
        .filter(|(id, said)| after.get(id) != Some(said))
        .map(|(id, _)| id)
        .collect();
    let lost = facts(older);
    let newer = facts(newer);
    let lost = lost.difference(&newer).filter(|(id, ..)| *id != WITHDRAWN);
    other.extend(lost.map(|(_, cve, _)| (*cve).to_owned()));
    other
}

#[test]
fn what_the_first_revision_said_the_newest_one_says_too() {
    let Some(shared) = shared() else { return };
    for (json, xml, expected) in [
        (
            "2020-dec.json",
            "2020-Dec.xml.zst",
            &[
                "CVE-2020-16996",
                "CVE-2020-17103",
                "CVE-2020-17131",
                "CVE-2020-17160",
            ][..],
        ),
        (
            "2021-jan.json",
            "2021-Jan.xml.zst",
            &["CVE-2021-1669", "CVE-2021-1678", "CVE-2021-1705"],
        ),
    ] {
        let json = shared.join("data/msrc-cvrf-json").join(json);
        let xml = shared.join("data/msrc-cvrf-xml").join(xml);
        let (older, newer) = (
            cvrf::read(source::open(&json).unwrap()).unwrap(),
            cvrf::read(source::open(&xml).unwrap()).unwrap(),
        );
        assert_eq!(older.odd_values, []);
        assert_eq!((&older.id, &older.title), (&newer.id, &newer.title));
        assert!(older.current_release < newer.current_release);
        assert!(facts(&older).len() > 800);
        let rewritten: Vec<_> = rewritten(&older, &newer).into_iter().collect();
        assert_eq!(rewritten, expected, "{}", older.id);
    }
}
