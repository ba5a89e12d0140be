DELETE FROM exposure WHERE tenant = ?1 AND machine_id = ?2
