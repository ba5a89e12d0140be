SELECT e.sequence, t.id, m.id
FROM exposure e
JOIN tenant t ON t.number = e.tenant
JOIN machine m ON m.number = e.machine
WHERE e.sequence > ?1
ORDER BY e.sequence
LIMIT ?2
