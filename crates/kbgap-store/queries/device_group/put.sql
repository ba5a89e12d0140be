INSERT INTO device_group (tenant, id, name)
SELECT ?1, COALESCE(MAX(id), 0) + 1, ?2 FROM device_group WHERE tenant = ?1
ON CONFLICT DO NOTHING
