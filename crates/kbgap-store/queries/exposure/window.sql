SELECT MIN(r.first), MAX(r.last)
FROM tenant t JOIN recording r ON r.tenant = t.number
WHERE t.id = ?1 AND r.at_ms >= ?2
