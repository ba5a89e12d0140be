INSERT INTO finding_set (tenant, hash, body) VALUES (?1, ?2, ?3)
ON CONFLICT (tenant, hash) DO NOTHING
