SELECT query, is_lacking FROM osquery_table WHERE node = ?1 ORDER BY query
