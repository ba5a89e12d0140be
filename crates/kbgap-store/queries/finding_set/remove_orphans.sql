DELETE FROM finding_set
WHERE NOT EXISTS (SELECT 1 FROM exposure e WHERE e.tenant = finding_set.tenant AND e.set_hash = finding_set.hash)
