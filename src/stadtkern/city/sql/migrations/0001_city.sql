-- SPDX-License-Identifier: EUPL-1.2
-- The city's outlines, and what the demo city replays.

CREATE SCHEMA city;

-- `level`: city, district or quarter. `geometry` is GeoJSON (WGS 84).
CREATE TABLE city.district (
    code text PRIMARY KEY,
    name text NOT NULL,
    level text NOT NULL CHECK (level IN ('city', 'district', 'quarter')),
    geometry jsonb NOT NULL,
    bounds box NOT NULL
);
CREATE INDEX district_bounds ON city.district USING gist (bounds);

-- A dataset that is replayed. All times here are wall clocks of the original. The original from `window_start` on is
-- `weeks` behind what is shown; when `cycle_weeks` of it have been shown, they begin again.
CREATE TABLE city.replay (
    dataset_id bigint PRIMARY KEY REFERENCES core.dataset ON DELETE CASCADE,
    weeks integer NOT NULL,
    cycle_weeks integer NOT NULL CHECK (cycle_weeks > 0),
    window_start timestamp NOT NULL,
    loaded_until timestamptz NOT NULL,
    fed_until timestamptz NOT NULL,
    complete boolean NOT NULL DEFAULT false
);

-- The values of the window; `due` is when a value was known: the end of its interval.
CREATE TABLE city.replay_value (
    dataset_id bigint NOT NULL REFERENCES city.replay ON DELETE CASCADE,
    due timestamp NOT NULL,
    start timestamp NOT NULL,
    datastream_id bigint NOT NULL,
    result float8 NOT NULL,
    quality jsonb
);
CREATE INDEX replay_value_due ON city.replay_value (dataset_id, due);

-- Simulated probes: which simulation a datastream shows.
CREATE TABLE city.probe (
    datastream_id bigint PRIMARY KEY,
    kind text NOT NULL,
    seed integer NOT NULL,
    every_seconds integer NOT NULL CHECK (every_seconds > 0),
    settings jsonb NOT NULL DEFAULT '{}',
    fed_until timestamptz NOT NULL
);
