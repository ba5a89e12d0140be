//! The index in a file, so that a start need not read every machine from the store.
//!
//! What cannot be made from the rest is written: what is packed of machines, the tables
//! that it refers to, and the columns that change with every check-in. Loading enters
//! these, makes everything else and assesses all states; whoever loads then brings in
//! what has changed since, and compares the result with the store.

mod format;
mod load;
mod save;

pub(crate) use format::{Input, Output};
pub use load::LoadError;

#[cfg(test)]
mod tests {
    use kbgap_catalog::compile;
    use kbgap_inventory::native;

    use crate::index::{CheckIn, FleetIndex};

    fn index() -> FleetIndex {
        let mut index = FleetIndex::new(compile(&[]).unwrap());
        for n in 0_i32..90 {
            let json = format!(
                r#"{{"computerDnsName":"pc-{n}.example","group":"Group {}",
                    "os":{{"version":"10.0.18363.{}"}},"tags":["t{}"],
                    "software":[{{"vendor":"V","name":"Of {n}","version":"1"}},
                                {{"vendor":"V","name":"Shared","version":"{}"}}]}}"#,
                n % 3 + 1,
                n % 7,
                n % 5,
                n % 11
            );
            let machine = native::machine(&json).unwrap();
            let mut check_in = CheckIn::new(machine, i64::from(n) * 1_000_000);
            check_in.group_id = n % 3 + 1;
            index.upsert(&check_in);
            if n % 9 == 0 {
                index.remove(&check_in.machine.id);
            } else {
                index.mark(&check_in.machine.id, n.unsigned_abs().into());
            }
        }
        index
    }

    fn told(index: &FleetIndex) -> Vec<String> {
        let fleet = index.fleet();
        let machines = fleet.machines_from(None).map(|machine| {
            let judged = fleet.judged(machine.id()).unwrap();
            let told = (
                (
                    machine.id(),
                    machine.name(),
                    &machine.reported,
                    &machine.tags,
                ),
                (
                    machine.seen_at,
                    machine.first_seen,
                    judged.sequence,
                    judged.mark,
                ),
                (machine.group_id, machine.group(), machine.value),
            );
            format!(
                "{told:?} {:?} {:?}",
                machine.software(),
                machine.os_version()
            )
        });
        let software = fleet
            .summary(0)
            .all_software(None)
            .map(|s| format!("{s:?}"))
            .collect();
        machines.chain::<Vec<String>>(software).collect()
    }

    fn saved(index: &FleetIndex) -> Vec<u8> {
        let mut bytes = Vec::new();
        index.fleet().save(&mut bytes).unwrap();
        bytes
    }

    #[test]
    fn what_is_saved_comes_back_and_goes_on() {
        let mut index = index();
        let bytes = saved(&index);
        let mut loaded = FleetIndex::load(compile(&[]).unwrap(), &mut &bytes[..]).unwrap();
        assert_eq!(told(&loaded), told(&index));
        // What is removed leaves no trace in either, so all counts were right.
        for index in [&mut index, &mut loaded] {
            let all: Vec<_> = index.fleet().machines_from(None).collect();
            for machine in &all[1..] {
                index.remove(machine.id());
            }
        }
        assert_eq!(told(&loaded), told(&index));
        assert_eq!(loaded.fleet().len(), 1);
    }

    #[test]
    fn what_is_cut_off_is_refused() {
        let bytes = saved(&index());
        for end in (0..bytes.len()).step_by(61) {
            let cut = FleetIndex::load(compile(&[]).unwrap(), &mut &bytes[..end]);
            assert!(cut.is_err(), "{end} of {}", bytes.len());
        }
    }

    #[test]
    fn what_is_damaged_is_refused_or_read_but_never_breaks() {
        let bytes = saved(&index());
        for at in (0..bytes.len()).step_by(7) {
            let mut damaged = bytes.clone();
            damaged[at] ^= 0x55;
            // Whoever keeps it has a checksum; here it must only not go astray.
            if let Ok(mut index) = FleetIndex::load(compile(&[]).unwrap(), &mut &damaged[..]) {
                let _ = told(&index);
                let all: Vec<_> = index.fleet().machines_from(None).collect();
                all.iter().for_each(|machine| index.remove(machine.id()));
            }
        }
    }
}
