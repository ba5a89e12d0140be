SELECT query, is_lacking, body FROM osquery_table WHERE node = ?1 ORDER BY query
