DELETE FROM inventory
WHERE tenant = ?1 AND content_hash = ?2
  AND NOT EXISTS (SELECT 1 FROM machine WHERE tenant = ?1 AND content_hash = ?2)
