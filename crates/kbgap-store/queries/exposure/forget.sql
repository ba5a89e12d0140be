-- What the ones recorded then follow is needed no more: what comes after is a change to them.
SELECT p.sequence, p.finding_set
FROM exposure e JOIN exposure p ON p.sequence = e.previous
WHERE e.sequence BETWEEN ?1 AND ?2 AND p.at_ms < ?3
