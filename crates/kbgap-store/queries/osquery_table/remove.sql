DELETE FROM osquery_table WHERE node = ?1
