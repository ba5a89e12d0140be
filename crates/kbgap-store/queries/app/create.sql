INSERT INTO app (tenant, client_id, name, secret_sha256, roles, created_at_ms)
VALUES (?1, ?2, ?3, ?4, ?5, ?6)
