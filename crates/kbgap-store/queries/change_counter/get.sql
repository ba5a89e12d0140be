SELECT value FROM change_counter WHERE name = ?1
