-- All machines were judged under the tenant's feed: what is the newest of one holds under it.
SELECT m.id, e.sequence, e.number, e.at_ms, e.seen_at_ms, s.hash, e.first_seen, e.group_id, e.fingerprint,
    CASE WHEN m.exposure = e.sequence AND t.judged_feed > e.feed THEN t.judged_feed ELSE e.feed END,
    e.machine_sequence
FROM exposure e
JOIN machine m ON m.number = e.machine
JOIN tenant t ON t.number = e.tenant
JOIN finding_set s ON s.number = e.finding_set
WHERE e.sequence = ?1
