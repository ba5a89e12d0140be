DELETE FROM osquery_node WHERE number = ?1
