SELECT m.id, e.sequence, e.number, e.at_ms, e.seen_at_ms, es.hash, e.first_seen, e.group_id, e.fingerprint, e.feed,
    e.machine_sequence, g.name,
    m.id, p.sequence, p.number, p.at_ms, p.seen_at_ms, ps.hash, p.first_seen, p.group_id, p.fingerprint, p.feed,
    p.machine_sequence, q.name
-- From recordings to what was recorded, in this order: the other way is long.
FROM recording r
CROSS JOIN exposure e
JOIN machine m ON m.number = e.machine
JOIN finding_set es ON es.number = e.finding_set
LEFT JOIN exposure p ON p.sequence = e.previous
LEFT JOIN finding_set ps ON ps.number = p.finding_set
LEFT JOIN device_group g ON g.tenant = e.tenant AND g.id = e.group_id
LEFT JOIN device_group q ON q.tenant = p.tenant AND q.id = p.group_id
WHERE r.tenant = (SELECT number FROM tenant WHERE id = ?1) AND r.at_ms >= ?4
  -- The one in which the window begins, and those that follow.
  AND r.first >= COALESCE((SELECT MAX(first) FROM recording WHERE first <= ?2), 0) AND r.first <= ?3
  AND e.sequence BETWEEN r.first AND r.last AND e.sequence BETWEEN ?2 AND ?3
ORDER BY r.first, e.sequence
LIMIT ?5
