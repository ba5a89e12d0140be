DELETE FROM sighting WHERE seen_at_ms < ?1
