SELECT previous FROM exposure WHERE sequence = ?1
