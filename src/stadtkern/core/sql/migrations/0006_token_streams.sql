-- SPDX-License-Identifier: EUPL-1.2
-- Tokens for single datastreams of a dataset.

-- `datastream_ids`: the verbs hold for these datastreams and their observations only; without any for the whole dataset.
-- What describes a datastream (Things, Sensors …) belongs to the dataset, so it takes a token for the whole to write it.
ALTER TABLE core.token_scope
    ADD COLUMN datastream_ids bigint[],
    ADD CONSTRAINT token_scope_streams CHECK (
        datastream_ids IS NULL
        OR cardinality(datastream_ids) BETWEEN 1 AND 1000 AND NOT 'entities' = ANY (verbs));
