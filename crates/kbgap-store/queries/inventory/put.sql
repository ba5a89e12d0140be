INSERT INTO inventory (tenant, content_hash, body) VALUES (?1, ?2, ?3)
ON CONFLICT (tenant, content_hash) DO NOTHING
