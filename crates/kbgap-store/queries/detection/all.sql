SELECT t.id, d.cve, d.at_ms FROM detection d JOIN tenant t ON t.number = d.tenant
