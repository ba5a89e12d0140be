UPDATE machine SET
    sequence = ?2,
    seen_at_ms = ?3,
    first_seen_ms = ?4,
    group_id = ?5,
    content_hash = ?6,
    addresses = ?7,
    computer_dns_name = ?8,
    device_value = ?9,
    tag_edits = ?10
WHERE number = ?1
