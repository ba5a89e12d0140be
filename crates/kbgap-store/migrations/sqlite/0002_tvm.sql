-- What the API shows of machines beyond their reports.
ALTER TABLE machine ADD COLUMN first_seen_ms INTEGER NOT NULL DEFAULT 0;
ALTER TABLE machine ADD COLUMN group_id INTEGER NOT NULL DEFAULT 0;
ALTER TABLE machine ADD COLUMN device_value TEXT NOT NULL DEFAULT '';
-- A tag a line: + added, - removed by somebody; reported tags are in the inventory.
ALTER TABLE machine ADD COLUMN tag_edits TEXT NOT NULL DEFAULT '';
UPDATE machine SET first_seen_ms = seen_at_ms;

-- Group numbers have to stay, since clients keep them: a name gets the next one once.
CREATE TABLE device_group (
    tenant TEXT NOT NULL,
    id     INTEGER NOT NULL,
    name   TEXT NOT NULL,
    PRIMARY KEY (tenant, id)
) STRICT;
CREATE UNIQUE INDEX device_group_by_name ON device_group (tenant, name);

-- Which machine had which address when; kept for 31 days.
CREATE TABLE sighting (
    tenant     TEXT NOT NULL,
    address    TEXT NOT NULL,
    seen_at_ms INTEGER NOT NULL,
    machine_id TEXT NOT NULL,
    PRIMARY KEY (tenant, address, seen_at_ms, machine_id)
) STRICT, WITHOUT ROWID;
CREATE INDEX sighting_by_time ON sighting (seen_at_ms);

CREATE TABLE remediation_task (
    tenant        TEXT NOT NULL,
    id            TEXT NOT NULL,
    created_at_ms INTEGER NOT NULL,
    body          BLOB NOT NULL,
    PRIMARY KEY (tenant, id)
) STRICT;
