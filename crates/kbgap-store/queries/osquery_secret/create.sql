INSERT INTO osquery_secret (tenant, id, name, sha256, created_at_ms) VALUES (?1, ?2, ?3, ?4, ?5)
