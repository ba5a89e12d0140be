UPDATE exposure SET fingerprint = ?4, feed = ?5, machine_sequence = ?6
WHERE tenant = ?1 AND machine_id = ?2 AND number = ?3
