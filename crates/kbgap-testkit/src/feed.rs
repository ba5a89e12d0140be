//! Small documents of the feed, made by hand.

use kbgap_catalog::{
    DocumentRecord, FixRecord, KbId, ProductRecord, Severity, Subtype, VulnerabilityRecord,
};

/// A client of Windows 10 as the feed names it.
pub const W1909: &str = "Windows 10 Version 1909 for x64-based Systems";

/// A KB's id.
///
/// # Panics
/// Where the number is none of a KB.
#[must_use]
#[expect(clippy::unwrap_used, reason = "tests fail by panicking")]
pub fn kb(number: u32) -> KbId {
    KbId::new(number).unwrap()
}

/// A document such as `2020-Mar` with its products (id, name), released at one time
/// with all others.
#[must_use]
pub fn document(
    id: &str,
    products: &[(&str, &str)],
    vulnerabilities: Vec<VulnerabilityRecord>,
) -> DocumentRecord {
    DocumentRecord {
        id: id.to_owned(),
        title: format!("Title of {id}"),
        initial_release: 0,
        current_release: 1_600_000_000,
        revision: "1".to_owned(),
        products: products
            .iter()
            .map(|(id, name)| ProductRecord {
                id: (*id).to_owned(),
                name: (*name).to_owned(),
            })
            .collect(),
        vulnerabilities,
        odd_values: Vec::new(),
    }
}

/// A vulnerability of which nothing else is known.
#[must_use]
pub fn vulnerability(id: &str, fixes: Vec<FixRecord>) -> VulnerabilityRecord {
    VulnerabilityRecord {
        id: id.to_owned(),
        fixes,
        ..VulnerabilityRecord::default()
    }
}

/// A security update for the first product of the document; `build` may be empty.
#[must_use]
pub fn fix(number: u32, build: &str, supersedes: &[u32]) -> FixRecord {
    FixRecord {
        kb: Some(kb(number)),
        subtype: Subtype::SecurityUpdate,
        fixed_build: build.to_owned(),
        supersedes: supersedes.iter().map(|&n| kb(n)).collect(),
        products: vec![(0, Severity::Important)],
    }
}
