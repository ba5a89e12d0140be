//! Tells a check-in that only says again what is known, which nearly all do.

use std::hash::{BuildHasher, RandomState};

use crate::index::CheckIn;

/// A hash of all that the index keeps of a check-in but its time and place in order.
///
/// Its key is drawn at random and known to nobody, so check-ins that differ have the same
/// one once in 70,000,000,000,000,000 times, whatever somebody writes into them. Seven
/// bytes are what a slot has left.
pub(crate) type Fingerprint = [u8; 7];

/// Who makes them.
#[derive(Debug, Default)]
pub(crate) struct Fingerprints {
    key: RandomState,
}

impl Fingerprints {
    pub(crate) fn of(&self, check_in: &CheckIn) -> Fingerprint {
        // Each field is named here or left out by name, so that none is forgotten.
        let CheckIn {
            // What it says is hashed already.
            machine: _,
            content_hash,
            seen_at: _,
            first_seen,
            group_id,
            value,
            tags,
            sequence: _,
            mark: _,
        } = check_in;
        let kept = (content_hash, first_seen, group_id, value, tags);
        let [bytes @ .., _] = self.key.hash_one(kept).to_le_bytes();
        bytes
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use kbgap_inventory::{DeviceValue, native};

    use super::*;

    fn check_in(name: &str) -> CheckIn {
        let os = r#"{"version":"10.0.18363.592"}"#;
        let document = format!(r#"{{"computerDnsName":"{name}","os":{os}}}"#);
        CheckIn::new(native::machine(&document).unwrap(), 1)
    }

    #[test]
    fn whatever_is_kept_makes_another_one() {
        let fingerprints = Fingerprints::default();
        let same = fingerprints.of(&check_in("pc"));
        let later = CheckIn {
            seen_at: 2,
            sequence: 3,
            mark: 4,
            ..check_in("pc")
        };
        assert_eq!(fingerprints.of(&later), same);

        let with = |change: &dyn Fn(&mut CheckIn)| {
            let mut check_in = check_in("pc");
            change(&mut check_in);
            check_in
        };
        let changed = [
            check_in("pc2"),
            with(&|c| c.first_seen = 0),
            with(&|c| c.group_id = 1),
            with(&|c| c.value = DeviceValue::High),
            with(&|c| c.tags.push("t".to_owned())),
        ];
        let found = changed.iter().map(|c| fingerprints.of(c));
        let found: HashSet<Fingerprint> = found.chain([same]).collect();
        assert_eq!(found.len(), changed.len() + 1);
    }
}
