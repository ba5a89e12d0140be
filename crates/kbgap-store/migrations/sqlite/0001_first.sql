CREATE TABLE meta (
    name  TEXT PRIMARY KEY,
    value TEXT NOT NULL
) STRICT;

-- One counter for everything that another process has to follow.
CREATE TABLE change_counter (
    name  TEXT PRIMARY KEY,
    value INTEGER NOT NULL
) STRICT;
INSERT INTO change_counter (name, value) VALUES ('feed', 0), ('machine', 0);

CREATE TABLE feed_document (
    id              TEXT PRIMARY KEY,
    kind            TEXT NOT NULL,
    current_release TEXT NOT NULL,
    revision        TEXT NOT NULL,
    content_hash    BLOB NOT NULL,
    vulnerabilities INTEGER NOT NULL,
    fixes           INTEGER NOT NULL,
    body            BLOB NOT NULL
) STRICT;

CREATE TABLE machine (
    tenant            TEXT NOT NULL,
    id                TEXT NOT NULL,
    computer_dns_name TEXT NOT NULL,
    folded_name       TEXT NOT NULL,
    seen_at_ms        INTEGER NOT NULL,
    content_hash      BLOB,
    sequence          INTEGER NOT NULL,
    PRIMARY KEY (tenant, id)
) STRICT;
CREATE UNIQUE INDEX machine_by_sequence ON machine (sequence);
CREATE INDEX machine_by_name ON machine (tenant, folded_name);
CREATE INDEX machine_by_hash ON machine (tenant, content_hash);

CREATE TABLE inventory (
    tenant       TEXT NOT NULL,
    content_hash BLOB NOT NULL,
    body         BLOB NOT NULL,
    PRIMARY KEY (tenant, content_hash)
) STRICT;

CREATE TABLE app (
    tenant        TEXT NOT NULL,
    client_id     TEXT NOT NULL,
    name          TEXT NOT NULL,
    secret_sha256 BLOB NOT NULL,
    roles         TEXT NOT NULL,
    created_at_ms INTEGER NOT NULL,
    PRIMARY KEY (tenant, client_id)
) STRICT;
CREATE UNIQUE INDEX app_by_client_id ON app (client_id);

CREATE TABLE signing_key (
    position INTEGER PRIMARY KEY,
    pkcs8    BLOB NOT NULL
) STRICT;
