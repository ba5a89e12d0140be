SELECT COUNT(*) FROM osquery_node WHERE tenant = ?1
