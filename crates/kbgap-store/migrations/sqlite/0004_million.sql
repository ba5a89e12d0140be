-- A form that is cheap to write for a million machines: tenants and machines have
-- numbers, rows are added at the end, and a row stands in as few trees as can be.
-- `machine_key` and `address_key` make the blobs of ids and addresses; see keys.rs.

-- Tables whose rows are few for each tenant (app, remediation_task) go on naming it.
CREATE TABLE tenant (
    number       INTEGER PRIMARY KEY,
    id           TEXT NOT NULL UNIQUE,
    -- How many machines there are, and the sum of their places in the order of
    -- changes: by these one who keeps a copy knows whether it is whole.
    machines     INTEGER NOT NULL,
    sequence_sum INTEGER NOT NULL,
    -- The feed under which the newest exposure of each machine was found to hold.
    judged_feed  INTEGER NOT NULL
) STRICT;
INSERT INTO tenant (id, machines, sequence_sum, judged_feed)
SELECT id, 0, 0, 0 FROM (
    SELECT tenant AS id FROM machine
    UNION SELECT tenant FROM device_group
    UNION SELECT tenant FROM finding_set
    UNION SELECT tenant FROM detection
)
ORDER BY id;

INSERT INTO meta (name, value) VALUES ('identity', lower(hex(randomblob(16))));

DROP INDEX machine_by_sequence;
DROP INDEX machine_by_name;
DROP INDEX machine_by_hash;
ALTER TABLE machine RENAME TO old_machine;
CREATE TABLE machine (
    number            INTEGER PRIMARY KEY,
    tenant            INTEGER NOT NULL,
    id                BLOB NOT NULL,
    sequence          INTEGER NOT NULL,
    seen_at_ms        INTEGER NOT NULL,
    first_seen_ms     INTEGER NOT NULL,
    group_id          INTEGER NOT NULL,
    -- The place of its newest exposure.
    exposure          INTEGER,
    -- NULL once it was removed.
    content_hash      BLOB,
    -- Where it was seen last; see keys.rs.
    addresses         BLOB NOT NULL,
    computer_dns_name TEXT NOT NULL,
    device_value      TEXT NOT NULL,
    tag_edits         TEXT NOT NULL
) STRICT;
INSERT INTO machine (tenant, id, sequence, seen_at_ms, first_seen_ms, group_id, content_hash, addresses,
    computer_dns_name, device_value, tag_edits)
SELECT t.number, machine_key(m.id), m.sequence, m.seen_at_ms, m.first_seen_ms, m.group_id, m.content_hash, x'',
    m.computer_dns_name, m.device_value, m.tag_edits
FROM old_machine m JOIN tenant t ON t.id = m.tenant
ORDER BY m.sequence;
CREATE UNIQUE INDEX machine_by_id ON machine (tenant, id);
CREATE UNIQUE INDEX machine_by_sequence ON machine (sequence);
UPDATE tenant SET (machines, sequence_sum) = (
    SELECT COUNT(*), COALESCE(SUM(m.sequence), 0) FROM machine m
    WHERE m.tenant = tenant.number AND m.content_hash IS NOT NULL
);

-- A report names its machine: no two machines ever shared one, so it is kept by the
-- machine and needs neither a hash to be found by nor a search for others that have it.
ALTER TABLE inventory RENAME TO old_inventory;
CREATE TABLE inventory (
    machine INTEGER PRIMARY KEY,
    tenant  INTEGER NOT NULL,
    body    BLOB NOT NULL
) STRICT;
INSERT INTO inventory (machine, tenant, body)
SELECT m.number, m.tenant, i.body
FROM machine m
JOIN tenant t ON t.number = m.tenant
JOIN old_inventory i ON i.tenant = t.id AND i.content_hash = m.content_hash
ORDER BY m.number;
DROP TABLE old_inventory;
DROP TABLE old_machine;

-- Groups keep their numbers.
DROP INDEX device_group_by_name;
ALTER TABLE device_group RENAME TO old_device_group;
CREATE TABLE device_group (
    tenant INTEGER NOT NULL,
    id     INTEGER NOT NULL,
    name   TEXT NOT NULL,
    PRIMARY KEY (tenant, id)
) STRICT, WITHOUT ROWID;
INSERT INTO device_group (tenant, id, name)
SELECT t.number, g.id, g.name FROM old_device_group g JOIN tenant t ON t.id = g.tenant;
CREATE UNIQUE INDEX device_group_by_name ON device_group (tenant, name);
DROP TABLE old_device_group;

-- From when until when a machine had an address; NULL while it has it, and then until
-- it was seen last. A sighting of before is such a time by itself.
DROP INDEX sighting_by_time;
ALTER TABLE sighting RENAME TO old_sighting;
CREATE TABLE sighting (
    tenant   INTEGER NOT NULL,
    address  BLOB NOT NULL,
    machine  INTEGER NOT NULL,
    from_ms  INTEGER NOT NULL,
    until_ms INTEGER,
    PRIMARY KEY (tenant, address, machine, from_ms)
) STRICT, WITHOUT ROWID;
INSERT INTO sighting (tenant, address, machine, from_ms, until_ms)
SELECT t.number, address_key(s.address), m.number, s.seen_at_ms, s.seen_at_ms
FROM old_sighting s
JOIN tenant t ON t.id = s.tenant
JOIN machine m ON m.tenant = t.number AND m.id = machine_key(s.machine_id)
WHERE address_key(s.address) IS NOT NULL
ORDER BY 1, 2, 3, 4
ON CONFLICT DO NOTHING;
DROP TABLE old_sighting;

ALTER TABLE detection RENAME TO old_detection;
CREATE TABLE detection (
    tenant INTEGER NOT NULL,
    cve    TEXT NOT NULL,
    at_ms  INTEGER NOT NULL,
    PRIMARY KEY (tenant, cve)
) STRICT, WITHOUT ROWID;
INSERT INTO detection (tenant, cve, at_ms)
SELECT t.number, d.cve, d.at_ms FROM old_detection d JOIN tenant t ON t.id = d.tenant;
DROP TABLE old_detection;

-- `uses` counts the exposures that name a list, so that none has to be looked for.
ALTER TABLE finding_set RENAME TO old_finding_set;
CREATE TABLE finding_set (
    number INTEGER PRIMARY KEY,
    tenant INTEGER NOT NULL,
    uses   INTEGER NOT NULL,
    hash   BLOB NOT NULL,
    body   BLOB NOT NULL
) STRICT;
INSERT INTO finding_set (tenant, uses, hash, body)
SELECT t.number, (SELECT COUNT(*) FROM exposure e WHERE e.tenant = s.tenant AND e.set_hash = s.hash), s.hash, s.body
FROM old_finding_set s JOIN tenant t ON t.id = s.tenant;
CREATE UNIQUE INDEX finding_set_by_hash ON finding_set (tenant, hash);
DROP TABLE old_finding_set;

-- Rows are only added, in the order in which they are asked for. The ones of a machine
-- are a chain, of which the machine names the end.
DROP INDEX exposure_by_sequence;
DROP INDEX exposure_of_tenant;
DROP INDEX exposure_by_time;
DROP INDEX exposure_by_set;
ALTER TABLE exposure RENAME TO old_exposure;
CREATE TABLE exposure (
    sequence         INTEGER PRIMARY KEY,
    tenant           INTEGER NOT NULL,
    machine          INTEGER NOT NULL,
    number           INTEGER NOT NULL,
    -- The place of the one before.
    previous         INTEGER,
    at_ms            INTEGER NOT NULL,
    seen_at_ms       INTEGER NOT NULL,
    finding_set      INTEGER NOT NULL,
    group_id         INTEGER NOT NULL,
    fingerprint      INTEGER NOT NULL,
    feed             INTEGER NOT NULL,
    machine_sequence INTEGER NOT NULL,
    first_seen       BLOB NOT NULL
) STRICT;
INSERT INTO exposure (sequence, tenant, machine, number, previous, at_ms, seen_at_ms, finding_set, group_id,
    fingerprint, feed, machine_sequence, first_seen)
SELECT e.sequence, t.number, m.number, e.number,
    LAG(e.sequence) OVER (PARTITION BY e.tenant, e.machine_id ORDER BY e.number),
    e.at_ms, e.seen_at_ms, s.number, e.group_id, e.fingerprint, e.feed, e.machine_sequence, e.first_seen
FROM old_exposure e
JOIN tenant t ON t.id = e.tenant
JOIN machine m ON m.tenant = t.number AND m.id = machine_key(e.machine_id)
JOIN finding_set s ON s.tenant = t.number AND s.hash = e.set_hash
ORDER BY e.sequence;
UPDATE machine SET exposure = newest.sequence
FROM (SELECT machine, MAX(sequence) AS sequence FROM exposure GROUP BY machine) newest
WHERE newest.machine = machine.number;
DROP TABLE old_exposure;

-- What was recorded in one go has one time: from here times lead to places.
CREATE TABLE recording (
    first  INTEGER PRIMARY KEY,
    last   INTEGER NOT NULL,
    tenant INTEGER NOT NULL,
    at_ms  INTEGER NOT NULL
) STRICT;
INSERT INTO recording (first, last, tenant, at_ms)
SELECT sequence, sequence, tenant, at_ms FROM exposure;
