UPDATE machine SET exposure = ?2 WHERE number = ?1
