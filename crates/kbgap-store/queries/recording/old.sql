SELECT first, last FROM recording WHERE at_ms < ?1 ORDER BY first LIMIT 1
