SELECT e.machine_id, e.number, e.at_ms, e.seen_at_ms, e.set_hash, e.first_seen, e.group_id, e.fingerprint, e.feed,
    e.machine_sequence, e.tenant
FROM exposure e
WHERE (e.tenant, e.machine_id) > (?1, ?2)
  AND e.number = (SELECT MAX(n.number) FROM exposure n WHERE n.tenant = e.tenant AND n.machine_id = e.machine_id)
ORDER BY e.tenant, e.machine_id
LIMIT ?3
