SELECT m.exposure FROM tenant t JOIN machine m ON m.tenant = t.number WHERE t.id = ?1 AND m.id = ?2
