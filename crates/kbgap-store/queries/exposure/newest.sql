SELECT machine_id, number, at_ms, seen_at_ms, set_hash, first_seen, group_id, fingerprint, feed, machine_sequence
FROM exposure
WHERE tenant = ?1 AND machine_id = ?2
ORDER BY number DESC
LIMIT 1
