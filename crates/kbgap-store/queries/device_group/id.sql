SELECT id FROM device_group WHERE tenant = ?1 AND name = ?2
