-- What jobs remember.

-- The warnings of certificates' ends that were told: each step once.
CREATE TABLE expiry_warning (
    thumbprint TEXT   NOT NULL PRIMARY KEY,
    step       BIGINT NOT NULL
);
