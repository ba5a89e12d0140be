INSERT INTO machine (tenant, id, computer_dns_name, folded_name, seen_at_ms, content_hash, sequence)
VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)
ON CONFLICT (tenant, id) DO UPDATE SET
    computer_dns_name = excluded.computer_dns_name,
    folded_name = excluded.folded_name,
    seen_at_ms = excluded.seen_at_ms,
    content_hash = excluded.content_hash,
    sequence = excluded.sequence
