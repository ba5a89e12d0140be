INSERT INTO signing_key (position, pkcs8) VALUES (1, ?1) ON CONFLICT (position) DO NOTHING
