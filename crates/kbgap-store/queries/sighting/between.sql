SELECT m.id
FROM tenant t
JOIN sighting s ON s.tenant = t.number
JOIN machine m ON m.number = s.machine
WHERE t.id = ?1 AND s.address = ?2 AND s.from_ms <= ?4 AND COALESCE(s.until_ms, m.seen_at_ms) >= ?3
