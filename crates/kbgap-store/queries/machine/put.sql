-- A machine that comes back after it was removed is a new one.
INSERT INTO machine (tenant, id, computer_dns_name, folded_name, seen_at_ms, content_hash, sequence, first_seen_ms, group_id)
VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?5, ?8)
ON CONFLICT (tenant, id) DO UPDATE SET
    computer_dns_name = excluded.computer_dns_name,
    folded_name = excluded.folded_name,
    seen_at_ms = excluded.seen_at_ms,
    content_hash = excluded.content_hash,
    sequence = excluded.sequence,
    group_id = excluded.group_id,
    first_seen_ms = CASE WHEN machine.content_hash IS NULL THEN excluded.first_seen_ms ELSE machine.first_seen_ms END,
    device_value = CASE WHEN machine.content_hash IS NULL THEN '' ELSE machine.device_value END,
    tag_edits = CASE WHEN machine.content_hash IS NULL THEN '' ELSE machine.tag_edits END
