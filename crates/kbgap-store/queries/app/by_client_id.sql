SELECT tenant, client_id, name, secret_sha256, roles, created_at_ms FROM app WHERE client_id = ?1
