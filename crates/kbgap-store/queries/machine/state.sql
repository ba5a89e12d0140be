SELECT number, sequence, seen_at_ms, first_seen_ms, group_id, exposure, content_hash, addresses, device_value, tag_edits
FROM machine
WHERE tenant = ?1 AND id = ?2
