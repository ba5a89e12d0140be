UPDATE finding_set SET uses = uses + ?2 WHERE number = ?1
