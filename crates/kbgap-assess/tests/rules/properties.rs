//! What holds for every feed and machine, however odd their supersedence.

use std::collections::BTreeSet;

use kbgap_assess::{Assessed, ExplanationVerdict, NotAssessed, Projection, explain};
use kbgap_catalog::{Catalog, FixRecord, KbId, Subtype, compile};
use kbgap_testkit::feed::{W1909, document, fix, vulnerability};
use proptest::prelude::*;

use crate::hosts::{assessed, client, listing};

const W7: &str = "Windows 7 for x64-based Systems Service Pack 1";
const MONTHS: [&str; 4] = ["2020-Jan", "2020-Feb", "2020-Mar", "2020-Apr"];
/// Few enough that chains loop and fixes meet.
const FIRST: u32 = 5_000_000;
const KBS: u32 = 8;

#[derive(Clone, Copy, Debug, PartialEq)]
enum Windows {
    /// Every cumulative update has a revision.
    Ten,
    /// Rollups and Security Only updates without revisions.
    Seven,
}

fn any_fix(windows: Windows) -> impl Strategy<Value = FixRecord> {
    (0..KBS, 0..KBS, 0_u8..4).prop_map(move |(number, older, kind)| {
        let cumulative = match windows {
            Windows::Ten => (
                Subtype::SecurityUpdate,
                format!("10.0.18363.{}", 500 + number),
            ),
            Windows::Seven => (Subtype::MonthlyRollup, String::new()),
        };
        // A KB is of one kind, whatever fix names it.
        let (subtype, build) = match number % 4 {
            0 => (Subtype::ServicingStack, String::new()),
            1 if windows == Windows::Seven => (Subtype::SecurityOnly, String::new()),
            _ => cumulative,
        };
        let supersedes: &[u32] = if kind == 0 { &[] } else { &[FIRST + older] };
        let mut record = fix(FIRST + number, &build, supersedes);
        record.subtype = subtype;
        record
    })
}

fn any_feed(windows: Windows) -> impl Strategy<Value = Catalog> {
    let product = match windows {
        Windows::Ten => W1909,
        Windows::Seven => W7,
    };
    let id = (0_u8..6, any::<bool>()).prop_map(|(n, advisory)| {
        let kind = if advisory { "ADV20" } else { "CVE-2020-" };
        format!("{kind}{n:04}")
    });
    let month = prop::collection::vec((id, prop::collection::vec(any_fix(windows), 0..5)), 0..5);
    prop::collection::vec(month, MONTHS.len()).prop_map(move |months| {
        let documents: Vec<_> = months
            .into_iter()
            .zip(MONTHS)
            .map(|(entries, month)| {
                let vulnerabilities = entries
                    .into_iter()
                    .map(|(id, fixes)| vulnerability(&id, fixes))
                    .collect();
                document(month, &[("1", product)], vulnerabilities)
            })
            .collect();
        compile(&documents).unwrap()
    })
}

fn any_list() -> impl Strategy<Value = Vec<u32>> {
    prop::collection::vec(FIRST..FIRST + KBS, 0..4)
}

fn ids(found: &Assessed) -> BTreeSet<KbId> {
    found.missing.iter().map(|kb| kb.id).collect()
}

/// The list and the explanation of every KB say the same.
fn explanations_agree(catalog: &Catalog, machine: &Projection) -> Result<(), TestCaseError> {
    let found = assessed(catalog, machine);
    let missing = ids(&found);
    for id in catalog.kbs().filter_map(kbgap_catalog::Kb::id) {
        let verdict = explain(catalog, machine, id).unwrap().unwrap().verdict;
        prop_assert_eq!(
            verdict == ExplanationVerdict::Missing,
            missing.contains(&id),
            "{} is {:?}",
            id,
            verdict
        );
        prop_assert_eq!(
            verdict == ExplanationVerdict::Advisory,
            found.advisories.contains(&id)
        );
        let undecided = found
            .not_assessed
            .iter()
            .any(|n| matches!(n, NotAssessed::Kb { id: other, .. } if *other == id));
        prop_assert_eq!(verdict == ExplanationVerdict::NotAssessed, undecided);
    }
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(192))]

    #[test]
    fn list_and_explanation_agree_on_windows_10(
        catalog in any_feed(Windows::Ten),
        revision in prop::option::of(499_u32..510),
        listed in any_list(),
    ) {
        explanations_agree(&catalog, &listing(client(18_363, revision), &listed))?;
    }

    #[test]
    fn list_and_explanation_agree_on_windows_7(
        catalog in any_feed(Windows::Seven),
        listed in any_list(),
    ) {
        explanations_agree(&catalog, &listing(client(7_601, None), &listed))?;
    }

    #[test]
    fn a_higher_revision_never_misses_more(
        catalog in any_feed(Windows::Ten),
        (low, high) in (499_u32..510).prop_flat_map(|low| (Just(low), low..510)),
        listed in any_list(),
    ) {
        let before = assessed(&catalog, &listing(client(18_363, low), &listed));
        let after = assessed(&catalog, &listing(client(18_363, high), &listed));
        prop_assert!(ids(&after).is_subset(&ids(&before)), "{:?} {:?}", before, after);
    }

    #[test]
    fn installing_never_misses_more(
        catalog in any_feed(Windows::Seven),
        listed in any_list(),
        new in FIRST..FIRST + KBS,
    ) {
        let before = assessed(&catalog, &listing(client(7_601, None), &listed));
        let mut more = listed;
        more.push(new);
        let after = assessed(&catalog, &listing(client(7_601, None), &more));
        prop_assert!(ids(&after).is_subset(&ids(&before)), "{:?} {:?}", before, after);
        prop_assert!(ids(&after).iter().all(|id| id.number() != new));
    }

    #[test]
    fn what_is_superseded_has_a_missing_successor(
        catalog in any_feed(Windows::Seven),
        listed in any_list(),
    ) {
        let found = assessed(&catalog, &listing(client(7_601, None), &listed));
        prop_assert!(found.missing.is_empty() || found.missing.iter().any(|kb| !kb.superseded));
    }
}
