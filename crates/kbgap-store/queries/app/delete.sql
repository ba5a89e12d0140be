DELETE FROM app WHERE tenant = ?1 AND client_id = ?2
