SELECT machine_id, number, at_ms, seen_at_ms, set_hash, first_seen, group_id, fingerprint, feed, machine_sequence,
    tenant, sequence
FROM exposure
WHERE sequence > ?1
ORDER BY sequence
LIMIT ?2
