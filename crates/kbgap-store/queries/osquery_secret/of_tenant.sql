SELECT tenant, id, name, sha256, created_at_ms FROM osquery_secret WHERE tenant = ?1 ORDER BY name, id
