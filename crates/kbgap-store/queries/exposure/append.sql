INSERT INTO exposure (sequence, tenant, machine, number, previous, at_ms, seen_at_ms, finding_set, group_id, fingerprint, feed, machine_sequence, first_seen)
VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13)
