-- SPDX-License-Identifier: EUPL-1.2
-- Observations, what is known about each datastream's history, rollups, and the marks that keep them right.

-- Each value is a run of 1,024 numbers; a process uses up one run before it takes the next.
-- id = month of the phenomenon time (since 1900-01) << 40 | number, so at most 2^53.
CREATE SEQUENCE things.observation_numbers AS bigint
    INCREMENT BY 1024 MINVALUE 0 START 1024 MAXVALUE 1099511626752 CYCLE;

-- Fixed-width columns first: eight bytes each, no padding between them. `result` carries every number,
-- `result_json` what is not a number (and integers beyond 2^53).
CREATE TABLE things.observation (
    datastream_id bigint NOT NULL,
    phenomenon_time timestamptz NOT NULL,
    id bigint NOT NULL,
    phenomenon_end timestamptz,
    result float8,
    result_time timestamptz,
    feature_id bigint,
    slot smallint NOT NULL DEFAULT 0,
    valid_time tstzrange,
    result_json jsonb,
    result_quality jsonb,
    parameters jsonb,
    PRIMARY KEY (datastream_id, phenomenon_time, slot)
) PARTITION BY RANGE (phenomenon_time);
CREATE INDEX observation_id ON things.observation (id);

-- Makes the partition that holds an instant: monthly from 2015, yearly before. ATTACH lets readers and
-- writers of the other partitions go on, which CREATE … PARTITION OF does not.
CREATE FUNCTION things.attach_partition(instant timestamptz) RETURNS text LANGUAGE plpgsql
SET timezone = 'UTC' AS $$
DECLARE
    step text := CASE WHEN instant >= '2015-01-01' THEN 'month' ELSE 'year' END;
    lower timestamptz := date_trunc(step, instant);
    upper timestamptz := lower + ('1 ' || step)::interval;
    leaf text := 'observation_' || to_char(lower, CASE step WHEN 'month' THEN 'YYYY_MM' ELSE 'YYYY' END);
BEGIN
    -- What ATTACH takes anyway; taken first, so that whoever waited sees what the other one made.
    LOCK TABLE ONLY things.observation IN SHARE UPDATE EXCLUSIVE MODE;
    IF to_regclass('things.' || leaf) IS NULL THEN
        EXECUTE format('CREATE TABLE things.%I (LIKE things.observation INCLUDING ALL)', leaf);
        EXECUTE format('ALTER TABLE things.%I SET (autovacuum_analyze_scale_factor = 0.02)', leaf);
        EXECUTE format('ALTER TABLE things.observation ATTACH PARTITION things.%I FOR VALUES FROM (%L) TO (%L)',
                       leaf, lower, upper);
    END IF;
    RETURN leaf;
END $$;

-- One row per datastream that has, or is about to get, observations. Whoever writes observations locks it first.
CREATE TABLE things.datastream_state (
    datastream_id bigint PRIMARY KEY,
    first_time timestamptz,
    last_time timestamptz,
    last_end timestamptz,
    last_id bigint,
    last_result float8,
    n bigint NOT NULL DEFAULT 0,
    result_time_first timestamptz,
    result_time_last timestamptz,
    last_slot smallint,
    last_result_json jsonb
) WITH (fillfactor = 50, autovacuum_vacuum_scale_factor = 0.1, autovacuum_vacuum_threshold = 2000);

-- Buckets that must be computed anew: [start, until), whole hours in UTC. Never updated and never unique, so that
-- neither writers nor the fold wait for each other and no mark can be lost between them.
-- `appended`: all that happened is that rows came in behind the newest one.
CREATE TABLE things.rollup_dirty (
    datastream_id bigint NOT NULL,
    start timestamptz NOT NULL,
    until timestamptz NOT NULL,
    appended boolean NOT NULL DEFAULT false
) WITH (autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 20000);
CREATE INDEX rollup_dirty_datastream ON things.rollup_dirty (datastream_id, start);

-- n, mean, m2 (sum of squared deviations), … describe the numbers; `rows` and `good` count all observations.
-- `weight`: seconds for which a value is known, only for datastreams of kind `state`; mean and m2 are weighted by it.
CREATE TABLE things.rollup_hour (
    datastream_id bigint NOT NULL,
    start timestamptz NOT NULL,
    n bigint NOT NULL,
    rows bigint NOT NULL,
    good bigint NOT NULL,
    mean float8,
    m2 float8,
    minimum float8,
    maximum float8,
    first float8,
    last float8,
    first_time timestamptz,
    last_time timestamptz,
    weight float8,
    PRIMARY KEY (datastream_id, start)
) WITH (fillfactor = 90);

-- The same by the city's days, `start` being local midnight.
CREATE TABLE things.rollup_day (LIKE things.rollup_hour INCLUDING ALL);

-- Datastreams whose new observations somebody must see one by one, and those observations.
CREATE TABLE things.watch (datastream_id bigint PRIMARY KEY);
CREATE TABLE things.watch_queue (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    datastream_id bigint NOT NULL,
    observation_id bigint NOT NULL,
    phenomenon_time timestamptz NOT NULL,
    result float8,
    result_json jsonb,
    entered_at timestamptz NOT NULL DEFAULT now()
) WITH (autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 5000);

-- A number as it goes into averages: PostgreSQL raises an error where a sum of squares leaves the range of float8,
-- so what no sensor measures counts as 0 or ±1e100 there. The observation itself keeps its digits.
CREATE FUNCTION things.tame(number float8) RETURNS float8 LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN CASE
    WHEN abs(number) BETWEEN 1e-100 AND 1e100 THEN number
    WHEN abs(number) > 1e100 THEN sign(number) * 1e100
    WHEN number IS NOT NULL THEN 0
END;

-- Whether an observation counts as good: no quality given, or a status of "good".
CREATE FUNCTION things.is_good(quality jsonb) RETURNS boolean LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN CASE jsonb_typeof(quality)
    WHEN 'string' THEN quality = '"good"'
    WHEN 'object' THEN coalesce(quality ->> 'status', 'good') = 'good'
    ELSE true
END;
