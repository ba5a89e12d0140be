SELECT m.id, m.computer_dns_name, m.seen_at_ms, m.content_hash, i.body, m.sequence,
    m.first_seen_ms, m.group_id, m.device_value, m.tag_edits
FROM machine m JOIN inventory i ON i.machine = m.number
WHERE m.number = ?1
