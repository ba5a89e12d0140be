INSERT INTO detection (tenant, cve, at_ms) VALUES (?1, ?2, ?3)
ON CONFLICT (tenant, cve) DO UPDATE SET at_ms = excluded.at_ms WHERE excluded.at_ms < detection.at_ms
