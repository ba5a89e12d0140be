SELECT s.hash, s.body FROM tenant t JOIN finding_set s ON s.tenant = t.number WHERE t.id = ?1 AND s.hash = ?2
