INSERT INTO osquery_table (node, query, is_lacking, body) VALUES (?1, ?2, ?3, ?4)
ON CONFLICT (node, query) DO UPDATE SET is_lacking = excluded.is_lacking, body = excluded.body
