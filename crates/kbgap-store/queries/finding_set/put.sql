INSERT INTO finding_set (tenant, uses, hash, body) VALUES (?1, 0, ?2, ?3)
ON CONFLICT (tenant, hash) DO NOTHING
