//! Tells a check-in that only says again what is known, which nearly all do.

use std::hash::{Hash, Hasher, RandomState};

use kbgap_inventory::Machine;

use crate::gathered::Gathered;
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
    gathered: Gathered,
}

impl Fingerprints {
    pub(crate) fn of(&mut self, check_in: &CheckIn) -> Fingerprint {
        let hash = self.gathered.hash(&self.key, Kept(check_in));
        let [bytes @ .., _] = hash.to_le_bytes();
        bytes
    }
}

/// What the index keeps of a check-in. Each field is named here or left out by name, so
/// that none is forgotten.
struct Kept<'c>(&'c CheckIn);

impl Hash for Kept<'_> {
    fn hash<H: Hasher>(&self, to: &mut H) {
        let CheckIn {
            machine,
            seen_at: _,
            first_seen,
            group_id,
            value,
            tags,
            sequence: _,
            mark: _,
        } = self.0;
        let Machine {
            id,
            computer_dns_name,
            os,
            installed_kbs,
            software,
            software_reported: _,
            group,
            // Those given stand beside it.
            tags: _,
            pending_reboot: _,
            hotpatch,
            secure_boot,
            win_re,
            dot_net,
            ip_addresses,
            last_ip_address,
            last_external_ip_address,
            aad_device_id,
            agent_version,
            seen_at: _,
        } = machine;
        (first_seen, group_id, value, tags, id.as_str()).hash(to);
        (computer_dns_name, group, software.len()).hash(to);
        software.iter().for_each(|entry| entry.hash(to));
        (os.build, os.revision, os.version, &os.platform).hash(to);
        (os.architecture, os.installation_type).hash(to);
        (hotpatch, secure_boot, win_re, dot_net).hash(to);
        installed_kbs.len().hash(to);
        for kb in installed_kbs {
            kb.id.hash(to);
        }
        ip_addresses.len().hash(to);
        for address in ip_addresses {
            (address.ip_address, &address.mac_address).hash(to);
            (&address.kind, &address.operational_status).hash(to);
        }
        (last_ip_address, last_external_ip_address).hash(to);
        (aad_device_id, agent_version).hash(to);
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use kbgap_inventory::{DeviceValue, native};

    use super::*;

    const DOCUMENT: &str = r#"{"computerDnsName":"pc","os":{"platform":"Windows10",
        "version":"10.0.18363.592","architecture":"x64","installationType":"Client"},
        "installedKbs":["4528760"],"software":[{"vendor":"V","name":"N","version":"1"}],
        "group":"G","hotpatch":true,"secureBoot":true,"winRe":true,"dotNet":{"versions":["3.5"]},
        "ipAddresses":[{"ipAddress":"10.0.0.1","macAddress":"8CEC4B897E73","type":"T",
        "operationalStatus":"Up"}],"lastIpAddress":"10.0.0.1",
        "lastExternalIpAddress":"203.0.113.1","agentVersion":"1.0",
        "aadDeviceId":"80fe8ff8-2624-418e-9591-41f0491218f9"}"#;

    fn check_in(document: &str) -> CheckIn {
        CheckIn::new(native::machine(document).unwrap(), 1)
    }

    #[test]
    fn whatever_is_kept_makes_another_one() {
        let mut fingerprints = Fingerprints::default();
        let same = fingerprints.of(&check_in(DOCUMENT));
        let later = CheckIn {
            seen_at: 2,
            sequence: 3,
            ..check_in(DOCUMENT)
        };
        assert_eq!(fingerprints.of(&later), same);

        let mut changed: Vec<CheckIn> = [
            (r#""pc""#, r#""pc2""#),
            ("Windows10", "Windows11"),
            ("18363.592", "18363.593"),
            ("18363.592", "18362.592"),
            ("10.0.18363", "6.1.18363"),
            ("x64", "arm64"),
            ("Client", "Server"),
            ("4528760", "4528761"),
            (r#""4528760""#, r#""4528760","4528761""#),
            (r#""V""#, r#""W""#),
            (r#""name":"N""#, r#""name":"M""#),
            (r#""name":"N","version":"1""#, r#""name":"N1","version":"""#),
            (r#""G""#, r#""H""#),
            (r#""hotpatch":true"#, r#""hotpatch":false"#),
            (r#""secureBoot":true"#, r#""secureBoot":false"#),
            (r#""winRe":true"#, r#""winRe":false"#),
            (r#""versions":["3.5"]"#, r#""versions":["4.8"]"#),
            (r#""versions":["3.5"]"#, r#""fileVersions":["3.5"]"#),
            (r#""ipAddress":"10.0.0.1""#, r#""ipAddress":"10.0.0.2""#),
            ("8CEC4B897E73", "8CEC4B897E74"),
            (r#""T""#, r#""U""#),
            (r#""Up""#, r#""Down""#),
            (
                r#""lastIpAddress":"10.0.0.1""#,
                r#""lastIpAddress":"10.0.0.2""#,
            ),
            ("203.0.113.1", "203.0.113.2"),
            (r#""1.0""#, r#""1.1""#),
            ("41f0491218f9", "41f0491218fa"),
        ]
        .into_iter()
        .map(|(from, to)| {
            let document = DOCUMENT.replace(from, to);
            assert_ne!(document, DOCUMENT, "{from}");
            check_in(&document)
        })
        .collect();
        let with = |change: &dyn Fn(&mut CheckIn)| {
            let mut check_in = check_in(DOCUMENT);
            change(&mut check_in);
            check_in
        };
        changed.extend([
            with(&|c| c.first_seen = 0),
            with(&|c| c.group_id = 1),
            with(&|c| c.value = DeviceValue::High),
            with(&|c| c.tags.push("t".to_owned())),
        ]);
        let found = changed.iter().map(|c| fingerprints.of(c));
        let found: HashSet<Fingerprint> = found.chain([same]).collect();
        assert_eq!(found.len(), changed.len() + 1);
    }
}
