SELECT seen_at_ms, content_hash FROM machine WHERE tenant = ?1 AND id = ?2
