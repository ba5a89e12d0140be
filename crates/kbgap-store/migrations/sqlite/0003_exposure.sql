-- The history of exposure: what each machine was vulnerable to, and since when.

-- Lists of findings, each once for all machines that have just these.
CREATE TABLE finding_set (
    tenant TEXT NOT NULL,
    hash   BLOB NOT NULL,
    body   BLOB NOT NULL,
    PRIMARY KEY (tenant, hash)
) STRICT;

-- A row whenever the list or the group of a machine changes. Rows are only added,
-- but for the three columns that say when the newest was last found to hold.
CREATE TABLE exposure (
    tenant           TEXT NOT NULL,
    machine_id       TEXT NOT NULL,
    number           INTEGER NOT NULL,
    sequence         INTEGER NOT NULL,
    at_ms            INTEGER NOT NULL,
    seen_at_ms       INTEGER NOT NULL,
    set_hash         BLOB NOT NULL,
    first_seen       BLOB NOT NULL,
    group_id         INTEGER NOT NULL,
    fingerprint      INTEGER NOT NULL,
    feed             INTEGER NOT NULL,
    machine_sequence INTEGER NOT NULL,
    PRIMARY KEY (tenant, machine_id, number)
) STRICT;
CREATE UNIQUE INDEX exposure_by_sequence ON exposure (sequence);
CREATE INDEX exposure_of_tenant ON exposure (tenant, sequence);
CREATE INDEX exposure_by_time ON exposure (tenant, at_ms, sequence);
CREATE INDEX exposure_by_set ON exposure (tenant, set_hash);

-- When a CVE was first seen on any machine of a tenant.
CREATE TABLE detection (
    tenant TEXT NOT NULL,
    cve    TEXT NOT NULL,
    at_ms  INTEGER NOT NULL,
    PRIMARY KEY (tenant, cve)
) STRICT;

INSERT INTO change_counter (name, value) VALUES ('exposure', 0);
