-- Common dialect of SQLite (3.35 and later) and PostgreSQL: identifiers are made by the program,
-- instants are epoch milliseconds, and only leases of jobs go by the database's clock. Later
-- versions of the program only add to what stands here, so that an older one can go on beside a
-- newer one.

-- Onboarded certificates: what the trust anchor has signed for a participant. A row that was
-- pulled from another gateway names it in `source_gateway_id`; `assigned_gateway` names the gateway
-- that an own row of type TRUSTANCHOR or AUTHENTICATION_FEDERATION is for.
CREATE TABLE trusted_party (
    id                TEXT   NOT NULL PRIMARY KEY,
    uuid              TEXT,
    created_at        BIGINT NOT NULL,
    country           TEXT   NOT NULL,
    thumbprint        TEXT   NOT NULL,
    raw_data          TEXT   NOT NULL,
    signature         TEXT   NOT NULL,
    certificate_type  TEXT   NOT NULL,
    kid               TEXT   NOT NULL,
    domain            TEXT,
    source_gateway_id TEXT,
    assigned_gateway  TEXT,
    version           BIGINT NOT NULL
);

-- One certificate has one use; another gateway may list it too.
CREATE UNIQUE INDEX trusted_party_thumbprint
    ON trusted_party (thumbprint, COALESCE(source_gateway_id, ''));
CREATE UNIQUE INDEX trusted_party_kid ON trusted_party (kid) WHERE source_gateway_id IS NULL;
CREATE UNIQUE INDEX trusted_party_uuid ON trusted_party (uuid) WHERE source_gateway_id IS NULL;

CREATE TABLE trusted_party_roles (
    trusted_party_id TEXT NOT NULL REFERENCES trusted_party (id) ON DELETE CASCADE,
    role             TEXT NOT NULL,
    PRIMARY KEY (trusted_party_id, role)
);

-- Uploaded certificates: what a participant's upload key has signed.
CREATE TABLE signer_information (
    id                TEXT   NOT NULL PRIMARY KEY,
    uuid              TEXT,
    created_at        BIGINT NOT NULL,
    country           TEXT   NOT NULL,
    thumbprint        TEXT   NOT NULL,
    raw_data          TEXT   NOT NULL,
    signature         TEXT   NOT NULL,
    certificate_type  TEXT   NOT NULL,
    kid               TEXT   NOT NULL,
    domain            TEXT,
    properties        TEXT,
    source_gateway_id TEXT,
    version           BIGINT NOT NULL
);

CREATE UNIQUE INDEX signer_information_thumbprint
    ON signer_information (thumbprint, COALESCE(source_gateway_id, ''));
CREATE UNIQUE INDEX signer_information_kid ON signer_information (kid)
    WHERE source_gateway_id IS NULL;
CREATE UNIQUE INDEX signer_information_uuid ON signer_information (uuid)
    WHERE source_gateway_id IS NULL;

-- Withdrawn certificates, for those who ask what changed since a moment.
CREATE TABLE signer_tombstone (
    thumbprint       TEXT   NOT NULL PRIMARY KEY,
    created_at       BIGINT NOT NULL,
    deleted_at       BIGINT NOT NULL,
    country          TEXT   NOT NULL,
    raw_data         TEXT   NOT NULL,
    certificate_type TEXT   NOT NULL,
    kid              TEXT   NOT NULL,
    domain           TEXT
);

-- Where more keys of a participant are found: what the trust anchor has signed.
CREATE TABLE trusted_issuer (
    id                TEXT   NOT NULL PRIMARY KEY,
    uuid              TEXT,
    created_at        BIGINT NOT NULL,
    country           TEXT   NOT NULL,
    url               TEXT   NOT NULL,
    name              TEXT   NOT NULL,
    url_type          TEXT   NOT NULL,
    thumbprint        TEXT,
    ssl_public_key    TEXT,
    key_storage_type  TEXT,
    signature         TEXT   NOT NULL,
    domain            TEXT,
    source_gateway_id TEXT,
    version           BIGINT NOT NULL
);

CREATE UNIQUE INDEX trusted_issuer_uuid ON trusted_issuer (uuid) WHERE source_gateway_id IS NULL;

-- Services that participants point to. `cms` is the message as it was uploaded.
CREATE TABLE trusted_reference (
    id                TEXT   NOT NULL PRIMARY KEY,
    uuid              TEXT   NOT NULL,
    created_at        BIGINT NOT NULL,
    url               TEXT   NOT NULL,
    country           TEXT   NOT NULL,
    reference_type    TEXT   NOT NULL,
    service           TEXT   NOT NULL,
    thumbprint        TEXT,
    name              TEXT   NOT NULL,
    ssl_public_key    TEXT,
    content_type      TEXT   NOT NULL,
    signature_type    TEXT   NOT NULL,
    reference_version TEXT   NOT NULL,
    cms               TEXT,
    domain            TEXT,
    source_gateway_id TEXT,
    version           BIGINT NOT NULL
);

CREATE UNIQUE INDEX trusted_reference_uuid ON trusted_reference (uuid)
    WHERE source_gateway_id IS NULL;

-- Other gateways that are pulled from: what the trust anchor has signed, and how it went.
CREATE TABLE federation_gateway (
    gateway_id                TEXT   NOT NULL PRIMARY KEY,
    created_at                BIGINT NOT NULL,
    gateway_endpoint          TEXT   NOT NULL,
    gateway_kid               TEXT   NOT NULL,
    gateway_public_key        TEXT,
    downloader_implementation TEXT,
    download_target           TEXT   NOT NULL,
    mode                      TEXT   NOT NULL,
    signature                 TEXT   NOT NULL,
    download_interval_seconds BIGINT,
    last_download             BIGINT,
    last_successful_download  BIGINT,
    retry_count               BIGINT NOT NULL,
    status_message            TEXT
);

-- Counts the changes of the tables that trust lists are made of, so that every process on the
-- database notices a change made by another one without reading the tables. Triggers count, so
-- that a change made by hand is noticed too (`schema.rs`: their syntax differs between databases).
CREATE TABLE trust_revision (
    id    BIGINT NOT NULL PRIMARY KEY,
    value BIGINT NOT NULL
);

INSERT INTO trust_revision (id, value) VALUES (1, 0);
