UPDATE sighting SET until_ms = ?4 WHERE tenant = ?1 AND address = ?2 AND machine = ?3 AND until_ms IS NULL
