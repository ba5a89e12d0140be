SELECT tenant, address, machine, from_ms FROM sighting
WHERE (tenant, address, machine, from_ms) > (?1, ?2, ?3, ?4) AND until_ms < ?5
ORDER BY tenant, address, machine, from_ms
LIMIT ?6
