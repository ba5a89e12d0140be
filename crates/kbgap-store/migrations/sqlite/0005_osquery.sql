-- Hosts that report by osquery: who may enroll, who did, and what their queries told last.

CREATE TABLE osquery_secret (
    tenant        TEXT NOT NULL,
    id            TEXT NOT NULL,
    name          TEXT NOT NULL,
    sha256        BLOB NOT NULL UNIQUE,
    created_at_ms INTEGER NOT NULL,
    PRIMARY KEY (tenant, id)
) STRICT;

CREATE TABLE osquery_node (
    number          INTEGER PRIMARY KEY,
    tenant          TEXT NOT NULL,
    host_identifier TEXT NOT NULL,
    key_sha256      BLOB NOT NULL UNIQUE,
    platform        TEXT NOT NULL,
    name            TEXT NOT NULL,
    agent_version   TEXT NOT NULL,
    -- The id of its machine, from the first time on that it made one.
    machine_id      TEXT,
    enrolled_at_ms  INTEGER NOT NULL,
    seen_at_ms      INTEGER NOT NULL,
    -- Grows with each change, so that of two who change it at once one begins anew.
    version         INTEGER NOT NULL,
    UNIQUE (tenant, host_identifier)
) STRICT;

-- What a query of a node told last. Whether it has to be asked anew stands beside it, so
-- that nobody unpacks rows to know.
CREATE TABLE osquery_table (
    node       INTEGER NOT NULL,
    query      TEXT NOT NULL,
    is_lacking INTEGER NOT NULL,
    body       BLOB NOT NULL,
    PRIMARY KEY (node, query)
) STRICT;
