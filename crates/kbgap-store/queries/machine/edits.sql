SELECT device_value, tag_edits FROM machine WHERE tenant = ?1 AND id = ?2 AND content_hash IS NOT NULL
