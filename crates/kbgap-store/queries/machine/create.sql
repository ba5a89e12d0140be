INSERT INTO machine (tenant, id, sequence, seen_at_ms, first_seen_ms, group_id, content_hash, addresses,
    computer_dns_name, device_value, tag_edits)
VALUES (?1, ?2, ?3, ?4, ?4, ?5, ?6, ?7, ?8, '', '')
