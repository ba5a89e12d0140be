SELECT number FROM finding_set WHERE tenant = ?1 AND hash = ?2
