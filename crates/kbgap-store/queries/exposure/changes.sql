SELECT e.machine_id, e.number, e.at_ms, e.seen_at_ms, e.set_hash, e.first_seen, e.group_id, e.fingerprint, e.feed,
    e.machine_sequence, g.name,
    p.machine_id, p.number, p.at_ms, p.seen_at_ms, p.set_hash, p.first_seen, p.group_id, p.fingerprint, p.feed,
    p.machine_sequence, q.name,
    e.sequence
FROM exposure e
LEFT JOIN exposure p ON p.tenant = e.tenant AND p.machine_id = e.machine_id AND p.number = e.number - 1
LEFT JOIN device_group g ON g.tenant = e.tenant AND g.id = e.group_id
LEFT JOIN device_group q ON q.tenant = p.tenant AND q.id = p.group_id
WHERE e.tenant = ?1 AND e.sequence >= ?2 AND e.sequence <= ?3 AND e.at_ms >= ?4
ORDER BY e.sequence
LIMIT ?5
