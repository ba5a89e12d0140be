SELECT DISTINCT machine_id FROM sighting
WHERE tenant = ?1 AND address = ?2 AND seen_at_ms BETWEEN ?3 AND ?4
ORDER BY machine_id
