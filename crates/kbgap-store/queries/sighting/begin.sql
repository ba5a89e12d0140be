INSERT INTO sighting (tenant, address, machine, from_ms) VALUES (?1, ?2, ?3, ?4)
ON CONFLICT (tenant, address, machine, from_ms) DO UPDATE SET until_ms = NULL
