DELETE FROM sighting WHERE tenant = ?1 AND address = ?2 AND machine = ?3 AND from_ms = ?4
  AND until_ms IS NOT NULL
