-- Who changed what, and what the gateway itself does.

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

-- The transparency log: its entries, and the hashes of its tree in the order of their making.
CREATE TABLE log_entry (
    idx   BIGINT NOT NULL PRIMARY KEY,
    entry BYTEA  NOT NULL
);

CREATE TABLE log_hash (
    idx  BIGINT NOT NULL PRIMARY KEY,
    hash BYTEA  NOT NULL
);

-- Jobs of which one run at a time is enough, whichever process makes it.
CREATE TABLE job (
    name              TEXT   NOT NULL PRIMARY KEY,
    holder            TEXT,
    lease_until       BIGINT NOT NULL,
    last_started_at   BIGINT,
    last_succeeded_at BIGINT,
    last_failed_at    BIGINT,
    failures          BIGINT NOT NULL,
    message           TEXT
);

-- When a client certificate last asked for data and last changed some.
CREATE TABLE participant_contact (
    thumbprint    TEXT   NOT NULL PRIMARY KEY,
    country       TEXT   NOT NULL,
    downloaded_at BIGINT,
    uploaded_at   BIGINT
);

-- Changes of the onboarded certificates that wait for the word of operators.
CREATE TABLE onboarding_request (
    id          TEXT   NOT NULL PRIMARY KEY,
    created_at  BIGINT NOT NULL,
    participant TEXT   NOT NULL,
    state       TEXT   NOT NULL,
    content     TEXT   NOT NULL
);

CREATE TABLE onboarding_approval (
    request_id  TEXT   NOT NULL REFERENCES onboarding_request (id) ON DELETE CASCADE,
    operator    TEXT   NOT NULL,
    approved_at BIGINT NOT NULL,
    signature   TEXT   NOT NULL,
    PRIMARY KEY (request_id, operator)
);
