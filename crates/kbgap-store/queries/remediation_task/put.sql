INSERT INTO remediation_task (tenant, id, created_at_ms, body) VALUES (?1, ?2, ?3, ?4)
ON CONFLICT (tenant, id) DO UPDATE SET body = excluded.body
