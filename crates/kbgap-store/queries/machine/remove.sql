UPDATE machine SET content_hash = NULL, sequence = ?3 WHERE tenant = ?1 AND id = ?2 AND content_hash IS NOT NULL
