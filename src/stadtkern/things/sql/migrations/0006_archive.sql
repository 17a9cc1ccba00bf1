-- SPDX-License-Identifier: EUPL-1.2
-- What is closed for writing: observations that are gone for good, and months that lie in files.

-- Per dataset: before `until` writers look closer (the same stands in datastream_state.sealed_until), observations
-- before `gone` are refused because those that were there are removed for good, and of what lies before `cleared`
-- some may be missing already: rollups from before then are never computed again.
CREATE TABLE things.seal (
    dataset_id bigint PRIMARY KEY,
    until timestamptz NOT NULL,
    gone timestamptz,
    cleared timestamptz
);
DROP TABLE things.retired;

-- A month of a dataset in a file. `stale`: the file no longer says what the store says and must be written anew.
-- `moved`: ids of observations whose time was changed, so that their ids name another month.
CREATE TABLE things.archive_file (
    dataset_id bigint NOT NULL,
    month date NOT NULL,
    generation integer NOT NULL,
    path text NOT NULL,
    rows bigint NOT NULL,
    bytes bigint NOT NULL,
    sha256 text NOT NULL,
    first_time timestamptz,
    last_time timestamptz,
    stale boolean NOT NULL DEFAULT false,
    moved bigint[] NOT NULL DEFAULT '{}',
    written_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (dataset_id, month)
);

-- What one datastream has in such a file.
-- `closing`: being written, takes nothing more; `here`: in the file and in the table; `away`: only in the file;
-- `open`: in the table, where it may change; what the file says is outdated.
CREATE TABLE things.archived (
    datastream_id bigint NOT NULL,
    month date NOT NULL,
    state text NOT NULL CHECK (state IN ('closing', 'here', 'away', 'open')),
    rows bigint NOT NULL,
    first_time timestamptz NOT NULL,
    last_time timestamptz NOT NULL,
    result_time_first timestamptz,
    result_time_last timestamptz,
    used_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (datastream_id, month)
);
CREATE INDEX archived_month ON things.archived (month, datastream_id);
CREATE INDEX archived_used ON things.archived (used_at) WHERE state = 'here';

-- What readers wait for: parts that are away, or an observation of which only the id is known.
CREATE TABLE things.archive_wish (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    datastream_id bigint,
    month date NOT NULL,
    observation_id bigint,
    datasets bigint[],
    wished_at timestamptz NOT NULL DEFAULT now()
);

-- Citus wants the column by which a table is spread in every key.
ALTER TABLE things.watch_queue DROP CONSTRAINT watch_queue_pkey, ADD PRIMARY KEY (id, datastream_id);

-- The month of an instant, in UTC.
CREATE FUNCTION things.month_of(instant timestamptz) RETURNS date LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN date_trunc('month', instant AT TIME ZONE 'UTC')::date;
CREATE FUNCTION things.month_start(month date) RETURNS timestamptz LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN month::timestamp AT TIME ZONE 'UTC';
CREATE FUNCTION things.month_end(month date) RETURNS timestamptz LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN (month + interval '1 month') AT TIME ZONE 'UTC';
