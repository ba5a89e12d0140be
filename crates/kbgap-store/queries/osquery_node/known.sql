SELECT number FROM osquery_node WHERE tenant = ?1 AND host_identifier = ?2
