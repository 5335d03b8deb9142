-- Common dialect of SQLite (3.35 and later) and PostgreSQL: identifiers are made by the program,
-- instants are epoch milliseconds, and nothing asks the database for the time.

-- Onboarded certificates: what the trust anchor has signed for a participant.
CREATE TABLE trusted_party (
    id                TEXT   NOT NULL PRIMARY KEY,
    uuid              TEXT   UNIQUE,
    created_at        BIGINT NOT NULL,
    country           TEXT   NOT NULL,
    thumbprint        TEXT   NOT NULL UNIQUE,
    raw_data          TEXT   NOT NULL,
    signature         TEXT   NOT NULL,
    certificate_type  TEXT   NOT NULL,
    kid               TEXT   NOT NULL,
    domain            TEXT,
    source_gateway_id TEXT,
    version           BIGINT NOT NULL
);

CREATE UNIQUE INDEX trusted_party_kid ON trusted_party (kid) WHERE source_gateway_id IS NULL;

CREATE TABLE trusted_party_roles (
    trusted_party_id TEXT NOT NULL REFERENCES trusted_party (id) ON DELETE CASCADE,
    role             TEXT NOT NULL,
    PRIMARY KEY (trusted_party_id, role)
);

-- Uploaded certificates: what a participant's upload key has signed.
CREATE TABLE signer_information (
    id                TEXT   NOT NULL PRIMARY KEY,
    uuid              TEXT   UNIQUE,
    created_at        BIGINT NOT NULL,
    country           TEXT   NOT NULL,
    thumbprint        TEXT   NOT NULL UNIQUE,
    raw_data          TEXT   NOT NULL,
    signature         TEXT   NOT NULL,
    certificate_type  TEXT   NOT NULL,
    kid               TEXT   NOT NULL,
    domain            TEXT,
    source_gateway_id TEXT,
    version           BIGINT NOT NULL
);

CREATE UNIQUE INDEX signer_information_kid ON signer_information (kid)
    WHERE source_gateway_id IS NULL;

-- Every accepted and every refused write. Rows are only ever added; `sequence` is their order,
-- whatever the clocks of the writing machines say.
CREATE TABLE audit_event (
    sequence                          BIGINT NOT NULL PRIMARY KEY,
    occurred_at                       BIGINT NOT NULL,
    request_id                        TEXT   NOT NULL,
    country                           TEXT,
    uploader_sha256_fingerprint       TEXT,
    authentication_sha256_fingerprint TEXT,
    event                             TEXT   NOT NULL,
    description                       TEXT   NOT NULL,
    code                              TEXT,
    payload_sha256                    TEXT
);

-- Counts the changes of the two certificate tables, so that every process on the database
-- notices a change made by another one without reading the tables. Triggers count, so that a
-- change made by hand is noticed too (`store.rs`: their syntax differs between databases).
CREATE TABLE trust_revision (
    id    BIGINT NOT NULL PRIMARY KEY,
    value BIGINT NOT NULL
);

INSERT INTO trust_revision (id, value) VALUES (1, 0);
