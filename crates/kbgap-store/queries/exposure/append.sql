INSERT INTO exposure (tenant, machine_id, number, sequence, at_ms, seen_at_ms, set_hash, first_seen, group_id, fingerprint, feed, machine_sequence)
VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12)
