-- All machines were judged under the tenant's feed: what is the newest of one holds under it.
SELECT m.id, e.sequence, e.number, e.at_ms, e.seen_at_ms, s.hash, e.first_seen, e.group_id, e.fingerprint,
    MAX(t.judged_feed, e.feed), e.machine_sequence
FROM tenant t
JOIN machine m ON m.tenant = t.number
JOIN exposure e ON e.sequence = m.exposure
JOIN finding_set s ON s.number = e.finding_set
WHERE t.id = ?1 AND m.id = ?2
