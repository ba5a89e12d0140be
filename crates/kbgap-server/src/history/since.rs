//! Since when a machine has each of its findings.
//!
//! Findings come in batches (a first report, then a month of the feed), and CVEs that
//! came together have numbers near to one another: runs of equal times are few.

use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::set::FindingSet;

/// Times in milliseconds since 1970, in the order of the findings.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct FirstSeen {
    /// Ascending, each once.
    times: Vec<i64>,
    /// The position of the time, and how many findings in a row have it.
    runs: Vec<(u32, u32)>,
}

impl FirstSeen {
    /// Of these times.
    pub(crate) fn of(each: &[i64]) -> Self {
        let mut times = each.to_vec();
        times.sort_unstable();
        times.dedup();
        let mut runs: Vec<(u32, u32)> = Vec::new();
        for run in each.chunk_by(|a, b| a == b) {
            let position = run.first().and_then(|time| times.binary_search(time).ok());
            if let (Some(position), Ok(length)) = (position, u32::try_from(run.len())) {
                runs.push((u32::try_from(position).unwrap_or_default(), length));
            }
        }
        Self { times, runs }
    }

    /// Of so many findings that came together.
    pub(crate) fn at_once(time: i64, findings: usize) -> Self {
        let length = u32::try_from(findings).unwrap_or(u32::MAX);
        match length {
            0 => Self::default(),
            _ => Self {
                times: vec![time],
                runs: vec![(0, length)],
            },
        }
    }

    /// The times, one for each finding.
    pub(crate) fn each(&self) -> Vec<i64> {
        let runs = self.runs.iter().filter_map(|&(position, length)| {
            let time = *self.times.get(position as usize)?;
            Some(std::iter::repeat_n(time, length as usize))
        });
        runs.flatten().collect()
    }

    /// The latest of them.
    pub(crate) fn latest(&self) -> Option<i64> {
        self.times.last().copied()
    }

    pub(crate) fn encode(&self) -> Result<Vec<u8>, postcard::Error> {
        postcard::to_stdvec(self)
    }

    pub(crate) fn decode(bytes: &[u8]) -> Result<Self, postcard::Error> {
        postcard::from_bytes(bytes)
    }
}

/// Since when a machine has its findings.
pub(crate) struct Since {
    pub(super) set: Arc<FindingSet>,
    pub(super) each: Vec<i64>,
    /// Of what is not recorded yet, as it will be.
    pub(super) otherwise: i64,
}

impl Since {
    /// Since when it has a CVE in a software, in milliseconds since 1970.
    pub(crate) fn of(&self, software: &str, cve: &str) -> i64 {
        let position = self.set.position(software, cve);
        let recorded = position.and_then(|position| self.each.get(position));
        recorded.copied().unwrap_or(self.otherwise)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_encoded_comes_back() {
        for each in [&[][..], &[5], &[5, 5, 1, 1, 1, 9, 5], &[-3, i64::MAX]] {
            let times = FirstSeen::of(each);
            assert_eq!(times.each(), each);
            assert_eq!(times.latest(), each.iter().max().copied());
            assert_eq!(FirstSeen::decode(&times.encode().unwrap()).unwrap(), times);
        }
        let same = FirstSeen::at_once(1_585_137_600_000, 3_000);
        assert_eq!(same, FirstSeen::of(&vec![1_585_137_600_000; 3_000]));
        assert_eq!(FirstSeen::at_once(5, 0), FirstSeen::of(&[]));
        assert!(same.encode().unwrap().len() < 16);
    }
}
