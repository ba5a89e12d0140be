INSERT INTO inventory (machine, tenant, body) VALUES (?1, ?2, ?3)
ON CONFLICT (machine) DO UPDATE SET body = excluded.body
