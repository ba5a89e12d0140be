INSERT INTO sighting (tenant, address, seen_at_ms, machine_id) VALUES (?1, ?2, ?3, ?4)
ON CONFLICT DO NOTHING
