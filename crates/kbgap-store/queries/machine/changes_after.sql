-- A removed machine stays as a row without content, so that others learn of it.
SELECT m.id, m.computer_dns_name, m.seen_at_ms, m.content_hash, i.body, m.sequence,
    m.first_seen_ms, m.group_id, m.device_value, m.tag_edits, t.id
FROM machine m
JOIN tenant t ON t.number = m.tenant
LEFT JOIN inventory i ON i.machine = m.number
WHERE m.sequence > ?1
ORDER BY m.sequence
LIMIT ?2
