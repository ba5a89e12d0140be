INSERT INTO recording (first, last, tenant, at_ms) VALUES (?1, ?2, ?3, ?4)
