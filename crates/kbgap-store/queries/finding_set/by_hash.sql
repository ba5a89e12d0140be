SELECT hash, body FROM finding_set WHERE tenant = ?1 AND hash = ?2
