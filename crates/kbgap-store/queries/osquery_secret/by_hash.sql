SELECT tenant, id, name, sha256, created_at_ms FROM osquery_secret WHERE sha256 = ?1
