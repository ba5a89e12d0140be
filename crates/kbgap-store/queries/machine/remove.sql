UPDATE machine SET content_hash = NULL, exposure = NULL, addresses = x'', sequence = ?2 WHERE number = ?1
