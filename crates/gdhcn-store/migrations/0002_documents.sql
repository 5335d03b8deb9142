-- What participants exchange beside certificates.

-- `sequence` orders the versions of a rule: the highest one is the latest, whatever its number.
CREATE TABLE validation_rule (
    sequence   BIGINT NOT NULL PRIMARY KEY,
    created_at BIGINT NOT NULL,
    rule_id    TEXT   NOT NULL,
    version    TEXT   NOT NULL,
    country    TEXT   NOT NULL,
    rule_type  TEXT   NOT NULL,
    valid_from BIGINT NOT NULL,
    valid_to   BIGINT NOT NULL,
    cms        TEXT   NOT NULL,
    UNIQUE (rule_id, version)
);

CREATE INDEX validation_rule_country ON validation_rule (country);

CREATE TABLE value_set (
    id         TEXT   NOT NULL PRIMARY KEY,
    changed_at BIGINT NOT NULL,
    json       TEXT   NOT NULL
);

-- `changed_at` in whole seconds: clients ask for what is newer than a whole second.
CREATE TABLE revocation_batch (
    batch_id   TEXT    NOT NULL PRIMARY KEY,
    country    TEXT    NOT NULL,
    changed_at BIGINT  NOT NULL,
    expires_at BIGINT  NOT NULL,
    deleted    BOOLEAN NOT NULL,
    hash_type  TEXT    NOT NULL,
    kid        TEXT,
    cms        TEXT
);

CREATE INDEX revocation_batch_changed ON revocation_batch (changed_at, batch_id);
