DELETE FROM recording WHERE first = ?1
