-- SPDX-License-Identifier: EUPL-1.2
-- Work that was promised at once and is done in the background: removing observations, keeping datasets for so long.

-- Observations that nobody sees any more and that are removed bit by bit: all of a datastream or, with `feature_id`,
-- those of one feature in it. A job is written in the transaction of the deletion and deleted with its last row.
CREATE TABLE things.disposal (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    datastream_id bigint NOT NULL,
    feature_id bigint,
    rows bigint NOT NULL DEFAULT 0,
    removed bigint NOT NULL DEFAULT 0,
    reached timestamptz NOT NULL DEFAULT '0001-01-01Z',
    requested_at timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX disposal_feature ON things.disposal (feature_id) WHERE feature_id IS NOT NULL;

-- Before `sealed_until` some of the datastream's observations may be gone or lie in files: who writes there looks
-- closer first.
ALTER TABLE things.datastream_state ADD COLUMN sealed_until timestamptz;

-- Datasets whose observations before `until` are gone for good. Rollups from before then are never computed again.
CREATE TABLE things.retired (
    dataset_id bigint PRIMARY KEY,
    until timestamptz NOT NULL
);
