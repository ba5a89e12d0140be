//! SharePoint: every example of the table of branches, on the real feed.

use kbgap_assess::{Assessed, ExplanationVerdict, NotAssessed, Projection, explain};
use kbgap_catalog::{Catalog, KbId};
use kbgap_inventory::native;
use kbgap_testkit::real_feed::catalog;

use crate::hosts::{assessed, missing, undecided};

const SHAREPOINT: &str = "microsoft-_-sharepoint_server";

/// A Windows ahead of the feed with one entry in its software list.
fn with(catalog: &Catalog, name: &str, version: &str, kbs: &str) -> Projection {
    let document = format!(
        r#"{{"computerDnsName": "sp", "os": {{"version": "10.0.20348.31999", "architecture": "x64",
        "installationType": "Server"}}, "secureBoot": false, "winRe": false, "installedKbs": [{kbs}],
        "software": [{{"vendor": "Microsoft Corporation", "name": "{name}", "version": "{version}"}}]}}"#
    );
    Projection::of(&native::machine(&document).unwrap(), catalog)
}

fn lacking(found: &Assessed) -> Vec<&'static str> {
    let software = found.not_assessed.iter().filter_map(|n| match n {
        NotAssessed::Software { id, lacking } if id == SHAREPOINT => Some(*lacking),
        _ => None,
    });
    software.collect()
}

const V2019: &str = "Microsoft SharePoint Server 2019";
const V2016: &str = "Microsoft SharePoint Enterprise Server 2016";
const SUBSCRIPTION: &str = "Microsoft SharePoint Server Subscription Edition";

#[test]
fn the_build_decides_within_its_version() {
    let Some(catalog) = catalog() else { return };
    for (name, version, expected) in [
        (V2019, "16.0.10417.20153", vec![]),
        (V2019, "16.0.10417.20128", vec![5_002_874, 5_002_876]),
        (
            V2019,
            "16.0.10417.20127",
            vec![5_002_870, 5_002_872, 5_002_874, 5_002_876],
        ),
        // Both updates of June have a build of their own.
        (V2016, "16.0.5556.1005", vec![]),
        (V2016, "16.0.5556.1002", vec![5_002_880]),
        (V2016, "16.0.5552.1002", vec![5_002_880, 5_002_881]),
        (SUBSCRIPTION, "16.0.19725.20384", vec![]),
        (SUBSCRIPTION, "16.0.19725.20280", vec![5_002_873]),
    ] {
        let machine = with(catalog, name, version, "");
        assert_eq!(missing(catalog, &machine), expected, "{name} {version}");
        let found = assessed(catalog, &machine);
        assert_eq!(
            (lacking(&found), undecided(&found)),
            (vec![], vec![]),
            "{name} {version}"
        );
    }
}

#[test]
fn the_build_tells_the_version_where_the_name_does_not() {
    let Some(catalog) = catalog() else { return };
    for (version, expected) in [
        ("16.0.10417.20128", vec![5_002_874, 5_002_876]),
        ("16.0.5556.1002", vec![5_002_880]),
        ("16.0.19725.20280", vec![5_002_873]),
    ] {
        let machine = with(catalog, "sharepoint_server", version, "");
        assert_eq!(missing(catalog, &machine), expected, "{version}");
    }
    let nothing = assessed(catalog, &with(catalog, "sharepoint_server", "", ""));
    assert_eq!(lacking(&nothing), ["software version"]);
}

#[test]
fn one_of_every_chain_has_to_be_there() {
    let Some(catalog) = catalog() else { return };
    // A version in the list often stays as it was installed first.
    let base = |kbs: &str| with(catalog, V2019, "16.0.10337.12109", kbs);
    let all = missing(catalog, &base(""));
    assert!(all.contains(&5_002_874) && all.contains(&5_002_876));
    // 5002874 supersedes the server's updates and none of the language packs.
    let one = missing(catalog, &base("5002874"));
    for (kb, is_missing) in [
        (5_002_874, false),
        (5_002_870, false),
        (5_002_769, false),
        (5_002_876, true),
        (5_002_872, true),
        (5_002_770, true),
    ] {
        assert_eq!(one.contains(&kb), is_missing, "KB{kb}");
    }
    let explained = |kbs: &str, kb: u32| {
        let found = explain(catalog, &base(kbs), KbId::new(kb).unwrap());
        found.unwrap().unwrap()
    };
    let present = explained("5002874", 5_002_870);
    assert_eq!(present.verdict, ExplanationVerdict::Present);
    assert_eq!(
        present.products[0].evidence.summary(),
        "superseded: KB5002874 > KB5002870"
    );
    let absent = explained("5002874", 5_002_876);
    assert_eq!(absent.verdict, ExplanationVerdict::Missing);
    assert_eq!(
        absent.products[0].evidence.summary(),
        "version 16.0.10337.12109, fix 16.0.10417.20153"
    );
    // The row of what is not the newest says so.
    let found = assessed(catalog, &base("5002874"));
    let row = found
        .missing
        .iter()
        .find(|row| row.id.number() == 5_002_872);
    assert!(row.unwrap().superseded);
}

#[test]
fn updates_of_the_software_list_are_installed() {
    let Some(catalog) = catalog() else { return };
    let entry = |kb: u32| {
        format!(
            r#"{{"vendor": "Microsoft", "name": "Security Update for Microsoft SharePoint Server 2019 Core (KB{kb}) 64-Bit Edition"}}"#
        )
    };
    let document = format!(
        r#"{{"computerDnsName": "sp", "os": {{"version": "10.0.20348.31999", "architecture": "x64",
        "installationType": "Server"}}, "secureBoot": false, "winRe": false,
        "software": [{{"vendor": "Microsoft", "name": "{V2019}", "version": "16.0.10417.20128"}},
        {}, {}]}}"#,
        entry(5_002_874),
        entry(5_002_876)
    );
    let machine = Projection::of(&native::machine(&document).unwrap(), catalog);
    assert_eq!(missing(catalog, &machine), [0_u32; 0]);
}

#[test]
fn foundation_alone_has_no_updates_of_the_server() {
    let Some(catalog) = catalog() else { return };
    let version = "15.0.5537.1000";
    let foundation = with(catalog, "Microsoft SharePoint Foundation 2013", version, "");
    assert_eq!(missing(catalog, &foundation), [5_002_383]);
    let server = with(catalog, "Microsoft SharePoint Server 2013", version, "");
    let both = missing(catalog, &server);
    assert!(both.contains(&5_002_383) && both.len() > 1, "{both:?}");
}

#[test]
fn what_cannot_be_told_is_not_assessed() {
    let Some(catalog) = catalog() else { return };
    let early = with(
        catalog,
        "Microsoft SharePoint Server 2013",
        "15.0.4420.1017",
        "",
    );
    let early = assessed(catalog, &early);
    assert_eq!(lacking(&early), ["its service pack in the feed"]);
    let unversioned = with(catalog, V2019, "", "5002874, 5002876");
    let found = assessed(catalog, &unversioned);
    assert_eq!(found.missing, []);
    assert!(!undecided(&found).iter().any(|(kb, _)| *kb == 5_002_870));
    let unlisted = assessed(catalog, &with(catalog, V2019, "", ""));
    assert!(undecided(&unlisted).contains(&(5_002_874, "software version")));
}

#[test]
fn what_has_no_build_is_missing_only_where_the_list_has_updates_of_sharepoint() {
    let Some(catalog) = catalog() else { return };
    // The first build of 2016 in the feed is 16.0.5161.1000, of May 2021.
    let patched = |kbs: &str| with(catalog, V2016, "16.0.5134.1000", kbs);
    let (march, january, lacking) = (4_493_199, 4_493_163, "the build that it brings");
    let is_lacking =
        |kbs: &str, kb: u32| undecided(&assessed(catalog, &patched(kbs))).contains(&(kb, lacking));
    let without_list = missing(catalog, &patched(""));
    assert!(without_list.contains(&5_002_880), "{without_list:?}");
    assert!(!without_list.contains(&march), "{without_list:?}");
    assert!(is_lacking("", march) && is_lacking("", january));
    // KB5049984 is of Windows: such a list tells nothing of SharePoint.
    assert!(is_lacking("5049984", march));
    let listing = missing(catalog, &patched("4493163"));
    assert!(
        listing.contains(&march) && !listing.contains(&january),
        "{listing:?}"
    );
    assert!(!is_lacking("4493163", march));
    let later = missing(catalog, &patched("4493163, 4493199"));
    assert!(!later.contains(&march), "{later:?}");
    // A build of the feed that runs proves all that came before it.
    let newer = with(catalog, V2016, "16.0.5161.1000", "");
    assert!(!missing(catalog, &newer).contains(&march));
    assert!(
        !undecided(&assessed(catalog, &newer))
            .iter()
            .any(|(_, fact)| *fact == lacking)
    );
}

#[test]
fn an_update_of_2019_under_subscription_edition_is_left_out() {
    let Some(catalog) = catalog() else { return };
    // Its build, 16.0.10417.20003, is below every one of Subscription Edition.
    let machine = with(catalog, SUBSCRIPTION, "16.0.14326.20450", "");
    assert!(!missing(catalog, &machine).contains(&5_002_680));
    let id = KbId::new(5_002_680).unwrap();
    let explanation = explain(catalog, &machine, id).unwrap().unwrap();
    assert_eq!(explanation.verdict, ExplanationVerdict::NotApplicable);
}
