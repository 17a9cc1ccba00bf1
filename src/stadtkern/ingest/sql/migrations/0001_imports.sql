-- SPDX-License-Identifier: EUPL-1.2
-- Files that were imported or are being imported, and the keys by which imports and connectors find their entities.

CREATE SCHEMA IF NOT EXISTS ingest;

-- `parts` transactions of the file are stored; an interrupted import goes on behind them. A file counts as the
-- same when its bytes are the same, a mapping when it says the same.
CREATE TABLE ingest.import_run (
    file_hash text NOT NULL,
    mapping_hash text NOT NULL,
    dataset_id bigint NOT NULL REFERENCES core.dataset ON DELETE CASCADE,
    file_name text NOT NULL,
    state text NOT NULL DEFAULT 'running' CHECK (state IN ('running', 'done')),
    parts integer NOT NULL DEFAULT 0,
    rows bigint NOT NULL DEFAULT 0,
    stored bigint NOT NULL DEFAULT 0,
    report jsonb,
    started_at timestamptz NOT NULL DEFAULT now(),
    updated_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (file_hash, mapping_hash, dataset_id)
);
CREATE INDEX import_run_dataset ON ingest.import_run (dataset_id, updated_at);

CREATE INDEX thing_key ON things.thing (dataset_id, (properties ->> 'key'));
CREATE INDEX sensor_key ON things.sensor (dataset_id, (properties ->> 'key'));
CREATE INDEX observed_property_key ON things.observed_property (dataset_id, (properties ->> 'key'));
CREATE INDEX datastream_key ON things.datastream (dataset_id, (properties ->> 'key'));
CREATE INDEX location_key ON things.location (dataset_id, (properties ->> 'key'));
