UPDATE machine SET device_value = ?3, tag_edits = ?4, sequence = ?5 WHERE tenant = ?1 AND id = ?2
