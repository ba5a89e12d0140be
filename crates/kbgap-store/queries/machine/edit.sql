UPDATE machine SET device_value = ?2, tag_edits = ?3, sequence = ?4 WHERE number = ?1
