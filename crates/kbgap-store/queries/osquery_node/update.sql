UPDATE osquery_node SET machine_id = ?3, seen_at_ms = ?4, version = version + 1 WHERE number = ?1 AND version = ?2
