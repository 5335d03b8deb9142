-- Two participants may have certificates under one key identifier where the configuration says so.
-- Whether they may is asked inside the change; one participant never may.
DROP INDEX trusted_party_kid;
CREATE UNIQUE INDEX trusted_party_kid ON trusted_party (kid, country)
    WHERE source_gateway_id IS NULL;
DROP INDEX signer_information_kid;
CREATE UNIQUE INDEX signer_information_kid ON signer_information (kid, country)
    WHERE source_gateway_id IS NULL;
