INSERT INTO osquery_node (tenant, host_identifier, key_sha256, platform, name, agent_version, enrolled_at_ms, seen_at_ms, version)
VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?7, 0)
ON CONFLICT (tenant, host_identifier) DO UPDATE SET
    key_sha256 = excluded.key_sha256, platform = excluded.platform, name = excluded.name,
    agent_version = excluded.agent_version, enrolled_at_ms = excluded.enrolled_at_ms,
    seen_at_ms = excluded.seen_at_ms, version = version + 1
