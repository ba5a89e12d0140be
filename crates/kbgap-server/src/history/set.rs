//! Lists of findings: what a machine is vulnerable to, with all that the API shows of
//! it, so that history can be told when the catalogue is another one.

use std::cell::RefCell;
use std::io::ErrorKind;

use kbgap_catalog::KbId;
use kbgap_fleet::JudgedMachine;
use kbgap_store::SetHash;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use smol_str::SmolStr;
use zstd::bulk::{Compressor, Decompressor};

use crate::records::severity;

/// The version of the stored form.
const VERSION: u8 = 1;

/// How well lists are compressed.
const LEVEL: i32 = 3;
/// No list is as large; a damaged row shall not ask for more.
const LARGEST: u64 = 64 << 20;

// Making these takes as long as packing or unpacking a list.
thread_local! {
    static COMPRESSOR: RefCell<Option<Compressor<'static>>> = const { RefCell::new(None) };
    static DECOMPRESSOR: RefCell<Option<Decompressor<'static>>> = const { RefCell::new(None) };
}

/// The severities of the API, lowest first: a finding keeps the position.
const SEVERITIES: [&str; 5] = ["None", "Low", "Medium", "High", "Critical"];

/// What a machine is vulnerable to.
#[derive(Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct FindingSet {
    /// By id, each once.
    software: Vec<VulnerableVersion>,
    /// By number, each once.
    updates: Vec<Update>,
    /// By software and CVE.
    pub(crate) findings: Vec<Finding>,
}

/// A vulnerable software as it is installed.
#[derive(Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct VulnerableVersion {
    pub(crate) id: String,
    pub(crate) version: String,
}

/// An update that fixes something.
#[derive(Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub(crate) struct Update {
    pub(crate) kb: u32,
    pub(crate) title: String,
}

/// A CVE in a software. A list has a thousand of them or more, so their ids stand in it and
/// not each in memory of its own.
#[derive(Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Finding {
    /// The position of the software.
    software: u32,
    pub(crate) cve: SmolStr,
    /// The position of the update to install.
    update: Option<u32>,
    severity: u8,
    cvss_tenths: u8,
    pub(crate) is_exploited: bool,
}

/// A list in its stored form: the version of the form, how many findings there are (a
/// number of four bytes, least first), then Postcard, compressed.
#[derive(Debug)]
pub(crate) struct PackedSet {
    /// Of the content, so that it does not depend on how well it was compressed.
    pub(crate) hash: SetHash,
    pub(crate) body: Vec<u8>,
}

/// A list that cannot be packed or unpacked.
#[derive(Debug, thiserror::Error)]
pub(crate) enum SetError {
    #[error("it is of another version")]
    Version,
    #[error(transparent)]
    Form(#[from] postcard::Error),
    #[error("it cannot be decompressed: {0}")]
    Compression(#[from] std::io::Error),
}

impl FindingSet {
    /// What a machine is vulnerable to. The rules run for it.
    pub(crate) fn of(machine: &JudgedMachine) -> Self {
        let catalog = machine.catalog();
        // In the order of the catalogue, which is that of their ids.
        let found = machine.weaknesses();
        let mut kbs: Vec<KbId> = found.iter().filter_map(|w| w.fixing_kb).collect();
        kbs.sort_unstable();
        kbs.dedup();
        let updates = kbs.into_iter().map(|kb| Update {
            kb: kb.number(),
            title: catalog.kb(kb).map_or("", |kb| kb.title()).to_owned(),
        });
        let mut updates: Vec<Update> = updates.collect();
        updates.sort_unstable();
        let mut set = Self {
            software: Vec::new(),
            updates,
            findings: Vec::with_capacity(found.len()),
        };
        for weakness in found {
            let Some(vulnerability) = catalog.vulnerability(weakness.vulnerability) else {
                continue;
            };
            let id = catalog.software_id(weakness.software);
            if set.software.last().is_none_or(|last| last.id != id) {
                set.software.push(VulnerableVersion {
                    id: id.to_owned(),
                    version: machine
                        .version_of(weakness.software)
                        .unwrap_or("")
                        .to_owned(),
                });
            }
            let update = weakness.fixing_kb.and_then(|kb| {
                let found = set.updates.binary_search_by_key(&kb.number(), |u| u.kb);
                found.ok().and_then(|position| u32::try_from(position).ok())
            });
            let severity = severity(vulnerability);
            let severity = SEVERITIES.iter().position(|&word| word == severity);
            set.findings.push(Finding {
                software: u32::try_from(set.software.len() - 1).unwrap_or_default(),
                cve: vulnerability.id().into(),
                update,
                severity: severity
                    .and_then(|s| u8::try_from(s).ok())
                    .unwrap_or_default(),
                cvss_tenths: vulnerability.cvss().map_or(0, |(tenths, _)| tenths),
                is_exploited: vulnerability.is_exploited(),
            });
        }
        debug_assert!(
            set.findings
                .is_sorted_by_key(|f| (f.software, f.cve.as_str()))
        );
        debug_assert!(set.software.is_sorted_by_key(|s| s.id.as_str()));
        set
    }

    /// The software of a finding.
    pub(crate) fn software(&self, finding: &Finding) -> Option<&VulnerableVersion> {
        self.software.get(finding.software as usize)
    }

    /// The update to install for a finding.
    pub(crate) fn update(&self, finding: &Finding) -> Option<&Update> {
        self.updates.get(finding.update? as usize)
    }

    /// The position of a CVE in a software.
    pub(crate) fn position(&self, software: &str, cve: &str) -> Option<usize> {
        let software = self
            .software
            .binary_search_by_key(&software, |s| &s.id)
            .ok()?;
        let key = (software, cve);
        self.findings
            .binary_search_by_key(&key, |f| (f.software as usize, f.cve.as_str()))
            .ok()
    }

    /// In its stored form.
    ///
    /// # Errors
    /// [`SetError`], which no list can cause in practice.
    pub(crate) fn pack(&self) -> Result<PackedSet, SetError> {
        let plain = postcard::to_stdvec(self)?;
        let count = u32::try_from(self.findings.len()).unwrap_or(u32::MAX);
        let mut body = vec![VERSION];
        body.extend(count.to_le_bytes());
        body.extend(compressed(&plain)?);
        Ok(PackedSet {
            hash: Sha256::digest(&plain).into(),
            body,
        })
    }
}

impl PackedSet {
    /// How many findings there are.
    pub(crate) fn len(&self) -> usize {
        self.parts().map_or(0, |(count, _)| count)
    }

    fn parts(&self) -> Option<(usize, &[u8])> {
        let (&VERSION, rest) = self.body.split_first()? else {
            return None;
        };
        let (count, packed) = rest.split_first_chunk()?;
        Some((u32::from_le_bytes(*count) as usize, packed))
    }

    /// The list.
    ///
    /// # Errors
    /// [`SetError`] where it was damaged or written by a later version.
    pub(crate) fn unpack(&self) -> Result<FindingSet, SetError> {
        let (_, packed) = self.parts().ok_or(SetError::Version)?;
        Ok(postcard::from_bytes(&decompressed(packed)?)?)
    }
}

fn compressed(plain: &[u8]) -> std::io::Result<Vec<u8>> {
    COMPRESSOR.with_borrow_mut(|kept| {
        let compressor = match kept {
            Some(compressor) => compressor,
            None => kept.insert(Compressor::new(LEVEL)?),
        };
        compressor.compress(plain)
    })
}

fn decompressed(packed: &[u8]) -> std::io::Result<Vec<u8>> {
    let size = zstd::zstd_safe::get_frame_content_size(packed);
    let size = size.ok().flatten().filter(|size| *size <= LARGEST);
    let size = size.and_then(|size| usize::try_from(size).ok());
    let size = size.ok_or(ErrorKind::InvalidData)?;
    DECOMPRESSOR.with_borrow_mut(|kept| {
        let decompressor = match kept {
            Some(decompressor) => decompressor,
            None => kept.insert(Decompressor::new()?),
        };
        decompressor.decompress(packed, size)
    })
}

impl Finding {
    /// The severity in the API's words.
    pub(crate) fn severity(&self) -> &'static str {
        SEVERITIES
            .get(usize::from(self.severity))
            .copied()
            .unwrap_or("None")
    }

    /// The CVSS base score, 0 where there is none.
    pub(crate) fn cvss(&self) -> f64 {
        f64::from(self.cvss_tenths) / 10.0
    }

    /// Whether the API shows the same of both, whatever stands for it in their lists.
    pub(super) fn shows_as(
        (set, finding): (&FindingSet, &Self),
        (other, same): (&FindingSet, &Self),
    ) -> bool {
        (finding.severity, finding.cvss_tenths, finding.is_exploited)
            == (same.severity, same.cvss_tenths, same.is_exploited)
            && set.update(finding) == other.update(same)
    }
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;

    /// A software, its version, and CVEs with the KBs that fix them.
    type Vulnerable<'t> = (&'t str, &'t str, &'t [(&'t str, u32)]);

    pub(crate) fn set(of: &[Vulnerable<'_>]) -> FindingSet {
        let mut updates: Vec<Update> = of
            .iter()
            .flat_map(|(_, _, cves)| cves.iter())
            .map(|&(_, kb)| Update {
                kb,
                title: format!("Title of {kb}"),
            })
            .collect();
        updates.sort_unstable();
        updates.dedup();
        let mut set = FindingSet {
            updates,
            ..FindingSet::default()
        };
        for (number, &(id, version, cves)) in (0_u32..).zip(of) {
            set.software.push(VulnerableVersion {
                id: id.to_owned(),
                version: version.to_owned(),
            });
            for &(cve, kb) in cves {
                let update = set.updates.binary_search_by_key(&kb, |u| u.kb).unwrap();
                set.findings.push(Finding {
                    software: number,
                    cve: cve.into(),
                    update: Some(u32::try_from(update).unwrap()),
                    severity: 3,
                    cvss_tenths: 78,
                    is_exploited: false,
                });
            }
        }
        set
    }

    #[test]
    fn what_is_packed_comes_back() {
        let one = set(&[
            ("m-_-edge", "1", &[("CVE-1", 4_000), ("CVE-2", 4_001)]),
            ("m-_-windows", "2", &[("CVE-1", 4_000)]),
        ]);
        let packed = one.pack().unwrap();
        assert_eq!(packed.unpack().unwrap(), one);
        assert_eq!(one.pack().unwrap().hash, packed.hash);
        assert_ne!(set(&[]).pack().unwrap().hash, packed.hash);
        assert_eq!(one.position("m-_-windows", "CVE-1"), Some(2));
        assert_eq!(one.position("m-_-windows", "CVE-2"), None);
        assert_eq!(one.position("m-_-office", "CVE-1"), None);
        assert_eq!(packed.len(), 3);
        for body in [vec![], vec![9, 1, 2], vec![VERSION, 1, 2, 3, 4, 5]] {
            let damaged = PackedSet {
                hash: packed.hash,
                body,
            };
            assert!(damaged.unpack().is_err());
        }
    }
}
