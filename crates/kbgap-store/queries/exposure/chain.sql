SELECT previous, finding_set FROM exposure WHERE sequence = ?1
