use proptest::prelude::*;

use super::names::MAX_NAMES;
use super::*;
use crate::edm::NAMESPACE;

static SOFTWARE: StructuredType = StructuredType {
    name: "Software",
    namespace: NAMESPACE,
    is_entity: true,
    base: None,
    properties: &[
        Property::new("id", EdmType::String),
        Property::new("name", EdmType::String),
    ],
    navigation: &[],
    annotations: &[],
};
static PATCH: StructuredType = StructuredType {
    name: "Patch",
    namespace: "kbgap",
    is_entity: false,
    base: None,
    properties: &[Property::nullable("build", EdmType::Int64)],
    navigation: &[],
    annotations: &[],
};
static MACHINE: StructuredType = StructuredType {
    name: "Machine",
    namespace: NAMESPACE,
    is_entity: true,
    base: None,
    properties: &[
        Property::new("id", EdmType::String),
        Property::nullable("osBuild", EdmType::Int64),
        Property::nullable("lastSeen", EdmType::DateTimeOffset),
        Property::nullable("machineTags", EdmType::Collection(&EdmType::String)),
        Property::new("secret", EdmType::String).on_demand(),
    ],
    navigation: &[Navigation {
        name: "software",
        target: &SOFTWARE,
        many: true,
    }],
    annotations: &[Property::nullable("@kbgap.patch", EdmType::Complex(&PATCH))],
};
const ALL: crate::Allowed = &[
    SystemOption::Top,
    SystemOption::Skip,
    SystemOption::Count,
    SystemOption::Filter,
    SystemOption::OrderBy,
    SystemOption::Select,
    SystemOption::Expand,
    SystemOption::SkipToken,
];

#[derive(Clone, Debug, PartialEq)]
struct Host {
    id: String,
    build: Option<i64>,
}

impl Record for Host {
    fn get(&self, property: &'static str) -> Value<'_> {
        match property {
            "id" => Value::text(&self.id),
            "osBuild" => self.build.map_or(Value::Null, Value::Int),
            "@kbgap.patch" => self.build.map_or(Value::Null, |build| {
                Value::Object(vec![("build", Value::Int(build))])
            }),
            _ => Value::Null,
        }
    }
}

fn hosts(builds: &[Option<i64>]) -> Vec<Host> {
    builds
        .iter()
        .enumerate()
        .map(|(i, &build)| Host {
            id: format!("{i:04}"),
            build,
        })
        .collect()
}

fn listing(query: &str, page: usize) -> Result<Listing, ApiError> {
    Listing::new(&QueryOptions::parse(query, ALL)?, &MACHINE, page)
}

fn ids(page: &Page<Host>) -> Vec<&str> {
    page.records.iter().map(|h| h.id.as_str()).collect()
}

fn page(query: &str, size: usize, builds: &[Option<i64>]) -> Page<Host> {
    listing(query, size)
        .unwrap()
        .page(hosts(builds).into_iter())
}

const BUILDS: [Option<i64>; 5] = [Some(3), None, Some(1), Some(3), Some(2)];

#[test]
fn order_skip_top_and_count() {
    assert_eq!(
        ids(&page("", 10, &BUILDS)),
        ["0000", "0001", "0002", "0003", "0004"]
    );
    assert_eq!(
        ids(&page("$orderby=osBuild desc,id desc", 10, &BUILDS)),
        ["0003", "0000", "0004", "0002", "0001"]
    );
    assert_eq!(
        ids(&page("$orderby=OSBUILD&$skip=1&$top=2", 10, &BUILDS)),
        ["0002", "0004"]
    );
    assert_eq!(
        ids(&page(
            "$orderby=@kbgap.patch/build desc,id desc",
            10,
            &BUILDS
        )),
        ["0003", "0000", "0004", "0002", "0001"]
    );
    let counted = page("$filter=osBuild eq 3&$count=true&$top=1", 10, &BUILDS);
    assert_eq!((counted.count, ids(&counted)), (Some(2), vec!["0000"]));
    assert!(page("$skip=9", 10, &BUILDS).records.is_empty());
    assert!(page("$top=0", 10, &BUILDS).records.is_empty());
}

#[test]
fn without_top_there_are_pages_and_with_it_none() {
    let first = page("", 2, &BUILDS);
    assert_eq!(ids(&first), ["0000", "0001"]);
    assert_eq!(page("$top=2", 2, &BUILDS).next, None);
    assert_eq!(
        page("", 5, &BUILDS).next,
        None,
        "a full page is no reason for another"
    );
    let error = listing("$top=3", 2).unwrap_err();
    assert!(error.message.contains("limit of '2'"), "{}", error.message);
    let counted = page(
        &format!("$count=true&$skiptoken={}", first.next.unwrap()),
        2,
        &BUILDS,
    );
    assert_eq!(
        (counted.count, ids(&counted)),
        (Some(5), vec!["0002", "0003"])
    );
}

/// Found by fuzzing: a link to the next page that was refused for its length.
#[test]
fn every_next_page_is_one_that_is_taken() {
    let mut hosts = hosts(&[None; 5]);
    for host in &mut hosts {
        host.id.push_str(&"\u{e4}".repeat(250));
    }
    let order = vec!["id"; MAX_NAMES].join(",");
    let mut query = format!("$orderby={order}");
    let mut seen = 0;
    loop {
        let page = listing(&query, 2).unwrap().page(hosts.iter().cloned());
        seen += page.records.len();
        let Some(next) = page.next else { break };
        query = format!("$orderby={order}&$skiptoken={next}");
    }
    assert_eq!(seen, 5);
}

#[test]
fn what_is_selected_and_expanded() {
    let names = |listing: &Listing| {
        listing
            .properties
            .iter()
            .map(|p| p.name)
            .collect::<Vec<_>>()
    };
    assert_eq!(
        names(&listing("", 2).unwrap()),
        ["id", "osBuild", "lastSeen", "machineTags"]
    );
    assert_eq!(
        names(&listing("$select=SECRET, id,id", 2).unwrap()),
        ["id", "secret"]
    );
    assert_eq!(
        names(&listing("$select=*,secret", 2).unwrap()),
        ["id", "osBuild", "lastSeen", "machineTags", "secret"]
    );
    for (query, expected) in [
        ("", true),
        ("$select=id", false),
        ("$select=*", false),
        ("$select=id,@KBGAP.patch", true),
    ] {
        let listing = listing(query, 2).unwrap();
        assert_eq!(!listing.annotations.is_empty(), expected, "{query}");
        let hosts = hosts(&[Some(1), None]);
        let written = hosts.iter().map(|host| {
            let mut annotations = crate::annotations(host, &listing.annotations);
            annotations.next().map(|(name, _)| name)
        });
        assert_eq!(
            written.collect::<Vec<_>>(),
            [expected.then_some("@kbgap.patch"), None],
            "{query}"
        );
    }
    let expanded = listing("$expand=Software($select=name)", 2).unwrap();
    assert_eq!(expanded.expansions[0].properties.len(), 1);
}

#[test]
fn mistakes_are_named() {
    for (query, named) in [
        ("$select=nothing", "'nothing', which Machine does not have"),
        ("$select=", "$select"),
        ("$orderby=osBuild up", "asc or desc"),
        ("$orderby=osBuild asc desc", "asc or desc"),
        ("$orderby=machineTags", "single value"),
        ("$orderby=id,,osBuild", "commas"),
        ("$orderby=@kbgap.patch", "single value"),
        ("$orderby=@kbgap.foo/build", "known are @kbgap.patch"),
        (
            "$orderby=@kbgap.patch/x",
            "'x', which Patch does not have; known are build",
        ),
        ("$orderby=@kbgap.patch/build/x", "within a complex property"),
        ("$orderby=osBuild/x", "within a complex property"),
        ("$select=@kbgap.foo", "known are @kbgap.patch"),
        ("$expand=alerts", "'alerts'"),
        ("$expand=software(", "parenthesis"),
        ("$expand=software($top=1)", "$select"),
        ("$expand=software,software", "more than once"),
        ("$skiptoken=abc", "$skiptoken"),
        ("$filter=osBuild eq", "column"),
        ("$search=x", "$search"),
        ("$apply=x", "$apply"),
    ] {
        let error = listing(query, 2).unwrap_err();
        assert!(error.message.contains(named), "{query}: {}", error.message);
    }
    let token = page("", 1, &BUILDS).next.unwrap();
    let error = listing(&format!("$orderby=osBuild&$skiptoken={token}"), 2).unwrap_err();
    assert!(
        error.message.contains("another '$orderby'"),
        "{}",
        error.message
    );
}

#[test]
fn of_many_records_only_the_first_are_kept_in_the_same_order() {
    let builds: Vec<Option<i64>> = (0..9_000).map(|i| Some(i * 7_919 % 13)).collect();
    let mut expected = hosts(&builds);
    expected.sort_by_key(|host| host.build);
    let (mut found, mut query) = (Vec::new(), "$orderby=osBuild&$count=true".to_owned());
    for _ in 0..10 {
        let page = page(&query, 700, &builds);
        assert_eq!(page.count, Some(9_000));
        found.extend(page.records);
        query = format!(
            "$orderby=osBuild&$count=true&$skiptoken={}",
            page.next.unwrap()
        );
    }
    assert!(found == expected[..7_000], "another order");
    let last = page("$orderby=osBuild&$skip=8999", 700, &builds);
    assert!(last.records == expected[8_999..] && last.next.is_none());
    let most = page("$orderby=osBuild&$top=600&$skip=5", 700, &builds);
    assert!(most.records == expected[5..605] && most.next.is_none());
}

proptest! {
    /// Pages, put together, are the list; also when records come and go in between.
    #[test]
    fn pages_lose_and_repeat_nothing(
        builds in prop::collection::vec(prop::option::of(0_i64..4), 0..40),
        size in 1_usize..7,
        order in prop::sample::select(vec!["", "&$orderby=osBuild", "&$orderby=@kbgap.patch/build,@KBGAP.patch/BUILD", "&$orderby=osBuild desc,id desc"]),
        gone in prop::collection::vec(0_usize..40, 0..5),
    ) {
        let all = hosts(&builds);
        let expected: Vec<Host> = listing(&format!("$skip=0{order}"), 1_000).unwrap().page(all.clone().into_iter()).records;
        let (mut found, mut query) = (Vec::new(), format!("$skip=0{order}"));
        let mut left = all;
        for _ in 0..100 {
            let page = listing(&query, size).unwrap().page(left.clone().into_iter());
            found.extend(page.records);
            let Some(next) = page.next else { break };
            query = format!("$skiptoken={next}{order}");
            // After the first page some vanish.
            left.retain(|host| !gone.iter().any(|&g| host.id == format!("{g:04}")));
        }
        let stays = |host: &&Host| !gone.iter().any(|&g| host.id == format!("{g:04}"));
        let (expected_left, found_left): (Vec<_>, Vec<_>) = (
            expected.iter().filter(stays).collect(),
            found.iter().filter(stays).collect(),
        );
        prop_assert_eq!(expected_left, found_left);
    }
}
