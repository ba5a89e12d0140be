//! What clients ask for.

use kbgap_odata::edm::{EdmType, Property, Record, StructuredType};
use kbgap_odata::types::{export, machine, recommendation, remediation, software, vulnerability};
use kbgap_odata::{
    Filter, Listing, QueryOptions, ResourcePath, SystemOption, Time, Value, decode_form, next_link,
};

use crate::make;

pub(super) const FILTERS: &[&str] = &[
    "id eq 'x'",
    "computerDnsName eq 'PC-1' and (osPlatform in ('Windows10','Windows11') or not (riskScore eq 'High'))",
    "lastSeen gt 2018-08-01Z and startswith(tolower(computerDnsName),'mymachine')",
    "machineTags/any(tag: tag eq 'T1') or ipAddresses/all(a: a/ipAddress ne null)",
    "length(trim(name)) ge 3 and contains(name,'o''neil') and cvssV3 gt 7.5e0",
    "severity eq 'Critical' and exploitVerified eq true and publishedOn ge 2020-01-01T00:00:00+02:00",
    "lastSeen ge 2020-01-01 or id in ('a','b')",
    "@kbgap.knownExploited/dueDate lt 2026-12-01 or @kbgap.knownExploited eq null and not @kbgap.knownExploited/ransomware",
    "@kbgap.epss ge 0.5 and (productName eq 'edge' or @kbgap.publicExploit and cveId ne 'x')",
];

pub(super) const QUERIES: &[&str] = &[
    "$filter=id%20ne%20'x'&$orderby=lastSeen%20desc,id&$select=id,computerDnsName&$count=true&$skip=1",
    "$expand=software($select=id,name),machineReferences&$top=5",
    "$skiptoken=eyJrIjoicGMtMSIsIm8iOltdfQ&$format=json&view=effective",
    "$orderby=computerDnsName",
    "$orderby=@kbgap.knownExploited/dueDate%20desc&$filter=@kbgap.knownExploited%20ne%20null&$select=id,@kbgap.knownExploited",
];

pub(super) const PATHS: &[&str] = &[
    "/api/Software('microsoft-_-edge')/getmissingkbs()",
    "/API/v1.0/machines/1e5bc9d7e413ddd7902c2932e418702b84d0cc07/microsoft.windowsDefenderATP.api.GetMissingKbs/",
    "/api/Software(%27o%27%27neil-_-x%27)",
];

static TYPES: [&StructuredType; 9] = [
    &machine::MACHINE,
    &software::SOFTWARE,
    &vulnerability::VULNERABILITY,
    &recommendation::RECOMMENDATION,
    &remediation::REMEDIATION_TASK,
    &export::ASSET_SOFTWARE,
    &export::ASSET_VULNERABILITY,
    &vulnerability::ASSET_VULNERABILITY_REFERENCE,
    &software::PRODUCT_FIX,
];

const ALL: &[SystemOption] = &SystemOption::ALL;

/// A record that is made of words.
struct Made<'w> {
    of: &'static StructuredType,
    words: &'w [String],
    number: usize,
}

impl Made<'_> {
    fn word(&self, salt: usize) -> String {
        self.words[(self.number * 7 + salt) % self.words.len()].clone()
    }

    fn value(&self, kind: EdmType, salt: usize) -> Value<'static> {
        let number = i64::try_from(self.number + salt).unwrap_or_default();
        match kind {
            EdmType::String | EdmType::Guid => Value::owned(self.word(salt)),
            EdmType::Boolean => Value::Bool((self.number + salt).is_multiple_of(2)),
            EdmType::Int32 | EdmType::Int64 => Value::Int(number - 3),
            EdmType::Single | EdmType::Double => Value::Double(f64::from(self.number as u32) / 3.0),
            EdmType::DateTimeOffset => Time::parse(&self.word(salt)).map_or(
                Value::Time(Time::from_ms(number * 86_400_000 * 300)),
                Value::Time,
            ),
            EdmType::Enum(of) => Value::text(of.members[(self.number + salt) % of.members.len()]),
            EdmType::Complex(of) => Value::Object(
                of.all_properties()
                    .map(|p| (p.name, self.value(p.kind, salt + 1)))
                    .collect(),
            ),
            EdmType::Collection(of) => Value::List(
                (0..self.number % 3)
                    .map(|n| self.value(*of, salt + n))
                    .collect(),
            ),
        }
    }
}

impl Record for Made<'_> {
    fn get(&self, property: &'static str) -> Value<'_> {
        let declared = self.of.all_properties().chain(self.of.annotations);
        let mut declared = declared.enumerate();
        let Some((at, found)) = declared.find(|(_, p)| p.name == property) else {
            return Value::Null;
        };
        match found {
            Property { name: "id", .. } => Value::owned(format!("{:03}", self.number)),
            Property { nullable: true, .. } if (self.number + at).is_multiple_of(5) => Value::Null,
            found => self.value(found.kind, at),
        }
    }
}

/// The words of a text that stand between quotes or blanks, so that records may pass.
fn words(text: &str) -> Vec<String> {
    let mut words: Vec<String> = text
        .split(['\'', ' ', '(', ')', ','])
        // No name of a host is longer.
        .filter(|word| !word.is_empty() && word.len() <= 255)
        .take(40)
        .map(str::to_owned)
        .collect();
    words.extend(["pc-1".to_owned(), "Straße İ".to_owned(), String::new()]);
    words
}

fn records<'w>(of: &'static StructuredType, words: &'w [String]) -> Vec<Made<'w>> {
    (0..23).map(|number| Made { of, words, number }).collect()
}

/// A filter: whatever an index is told to look at has all records that pass.
pub(super) fn filter(bytes: &[u8]) {
    let text = make::text(bytes);
    let words = words(&text);
    for of in TYPES {
        let filter = match Filter::parse(&text, of) {
            Ok(filter) => filter,
            Err(error) => {
                assert!(error.message.chars().count() < 500, "{}", error.message);
                continue;
            }
        };
        for record in records(of, &words) {
            if filter.matches(&record) {
                check_narrow(&filter, &record);
            }
        }
    }
}

fn check_narrow(filter: &Filter, record: &Made<'_>) {
    for property in record.of.all_properties() {
        assert!(
            filter.may_pass(record, &[property.name]),
            "{}",
            property.name
        );
        let value = record.get(property.name);
        match property.kind {
            EdmType::String | EdmType::Guid | EdmType::Enum(_) => {
                let Some(values) = filter.values_of(property.name) else {
                    continue;
                };
                let Value::Text(text) = value else {
                    panic!("{} is null and passes", property.name);
                };
                assert!(
                    values.contains(&text.to_lowercase()),
                    "{}: {values:?} {text}",
                    property.name
                );
            }
            EdmType::DateTimeOffset => {
                if let (Some(earliest), Value::Time(time)) = (filter.earliest(property.name), value)
                {
                    assert!(time >= earliest, "{}", property.name);
                }
            }
            _ => {}
        }
    }
}

/// The options of a request: page by page the list is the same as at once.
pub(super) fn query(bytes: &[u8]) {
    let text = make::text(bytes);
    let Ok(mut options) = QueryOptions::parse(&text, ALL) else {
        return;
    };
    let words = words(&text);
    for of in &TYPES[..4] {
        let Ok(listing) = Listing::new(&options, of, 5) else {
            continue;
        };
        let page = listing.page(records(of, &words).into_iter());
        assert!(page.records.len() <= 5);
        if let Some(next) = &page.next {
            let _ = next_link("https://x", "/api/y", &text, next);
        }
        let Ok(whole) = Listing::new(&options, of, 1_000) else {
            continue;
        };
        let whole: Vec<usize> = whole
            .page(records(of, &words).into_iter())
            .records
            .iter()
            .map(|r| r.number)
            .collect();
        let mut paged: Vec<usize> = page.records.iter().map(|r| r.number).collect();
        let mut next = page.next;
        let (token, skip) = (options.skip_token.take(), options.skip.take());
        while let Some(token) = next.take() {
            assert!(paged.len() <= whole.len(), "pages without end");
            options.skip_token = Some(token);
            let listing = Listing::new(&options, of, 5).expect("a token of our own");
            let page = listing.page(records(of, &words).into_iter());
            paged.extend(page.records.iter().map(|r| r.number));
            next = page.next;
        }
        (options.skip_token, options.skip) = (token, skip);
        assert_eq!(paged, whole, "{}", of.name);
    }
}

/// A path, and forms: what is read can be written and read again.
pub(super) fn path(bytes: &[u8]) {
    let text = make::text(bytes);
    if let Ok(Some(path)) = ResourcePath::parse(&text) {
        let escaped = |text: &str| {
            text.bytes()
                .map(|b| format!("%{b:02X}"))
                .collect::<String>()
        };
        let written: String = path
            .segments
            .iter()
            .map(|segment| match &segment.key {
                Some(key) => {
                    let quoted = format!("'{}'", key.replace('\'', "''"));
                    let key = if key.is_empty() {
                        String::new()
                    } else {
                        quoted
                    };
                    format!("/{}({})", escaped(&segment.name), escaped(&key))
                }
                None => format!("/{}", escaped(&segment.name)),
            })
            .collect();
        let again = ResourcePath::parse(&format!("/api/v1.0{written}"));
        let again = again.expect("escapes are good").expect("it is below /api");
        // A name may itself look like one with a key or a namespace, when it is read again.
        if !path
            .segments
            .iter()
            .any(|s| s.name.contains(['(', ')', '.']) || s.name.is_empty())
        {
            assert_eq!(again.flat(), path.flat(), "{written}");
        }
    }
    let _ = decode_form(&text);
}
