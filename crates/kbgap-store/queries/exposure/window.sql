SELECT MIN(sequence), MAX(sequence) FROM exposure WHERE tenant = ?1 AND at_ms >= ?2
