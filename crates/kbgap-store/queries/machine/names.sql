SELECT m.number, m.computer_dns_name
FROM machine m JOIN tenant t ON t.number = m.tenant
WHERE t.id = ?1 AND m.content_hash IS NOT NULL
