DELETE FROM osquery_secret WHERE tenant = ?1 AND id = ?2
