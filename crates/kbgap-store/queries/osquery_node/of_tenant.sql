SELECT number, tenant, host_identifier, key_sha256, platform, name, agent_version, machine_id, enrolled_at_ms, seen_at_ms, version
FROM osquery_node WHERE tenant = ?1 ORDER BY host_identifier
