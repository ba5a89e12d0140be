DELETE FROM exposure WHERE sequence = ?1
