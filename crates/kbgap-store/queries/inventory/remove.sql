DELETE FROM inventory WHERE machine = ?1
