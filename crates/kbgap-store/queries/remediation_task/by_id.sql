SELECT id, created_at_ms, body FROM remediation_task WHERE tenant = ?1 AND id = ?2
