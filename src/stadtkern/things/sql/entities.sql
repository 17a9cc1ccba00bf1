-- SPDX-License-Identifier: EUPL-1.2
-- name: datastream_facts
-- What must be known of datastreams to take observations: dataset, type, components, default place.
SELECT d.id, d.dataset_id, d.observation_type,
       CASE WHEN d.multi THEN (SELECT array_agg(c.observation_type ORDER BY c.position)
                               FROM things.datastream_property c WHERE c.datastream_id = d.id) END,
       place.location_id, f.id, place.n > 0
FROM things.datastream d
LEFT JOIN LATERAL (
    SELECT min(l.id) FILTER (WHERE l.encoding_type ILIKE '%%geo+json%%') AS location_id, count(*) AS n
    FROM things.thing_location t JOIN things.location l ON l.id = t.location_id WHERE t.thing_id = d.thing_id
) place ON true
LEFT JOIN things.feature_of_interest f ON f.location_id = place.location_id
WHERE d.id = ANY (%(ids)s::bigint[]);

-- name: make_default_features
-- Make a feature of interest from each of these locations, unless there is one.
INSERT INTO things.feature_of_interest
    (dataset_id, location_id, name, description, encoding_type, feature, bounds)
SELECT dataset_id, id, name, description, encoding_type, location, bounds
FROM things.location WHERE id = ANY (%(location_ids)s::bigint[]) ORDER BY id
ON CONFLICT (location_id) DO NOTHING
RETURNING id;

-- name: find_default_feature
-- The feature of interest that was made from a location.
SELECT id FROM things.feature_of_interest WHERE location_id = %(location_id)s;

-- name: dataset_of_feature
-- The dataset of a feature of interest.
SELECT dataset_id FROM things.feature_of_interest WHERE id = %(feature_id)s;

-- name: release_default_feature
-- A location moved: older observations keep the feature, later ones get a new one.
UPDATE things.feature_of_interest SET location_id = NULL WHERE location_id = %(location_id)s;

-- name: place_thing
-- Let a thing be at these locations and nowhere else.
WITH gone AS (
    DELETE FROM things.thing_location WHERE thing_id = %(thing_id)s AND location_id <> ALL (%(locations)s::bigint[])
)
INSERT INTO things.thing_location (thing_id, location_id)
SELECT %(thing_id)s, x FROM unnest(%(locations)s::bigint[]) x
ON CONFLICT DO NOTHING;

-- name: remember_place
-- Note in a thing's history that it is at these locations from an instant on; now is when nobody else moves it.
WITH entry AS (
    INSERT INTO things.historical_location (dataset_id, thing_id, time)
    SELECT dataset_id, id, coalesce(%(time)s::timestamptz, clock_timestamp()) FROM things.thing WHERE id = %(thing_id)s
    RETURNING id
)
INSERT INTO things.historical_location_location (historical_location_id, location_id)
SELECT DISTINCT entry.id, x FROM entry, unnest(%(locations)s::bigint[]) x
RETURNING historical_location_id;

-- name: locations_of_thing
-- Where a thing is now.
SELECT location_id FROM things.thing_location WHERE thing_id = %(thing_id)s ORDER BY location_id;

-- name: hold_thing
-- Let nobody else move a thing until the transaction ends.
SELECT id FROM things.thing WHERE id = %(thing_id)s FOR NO KEY UPDATE;

-- name: newest_history
-- The thing that an entry of history is about, and the newest entry about that thing.
SELECT h.thing_id, h.id FROM things.historical_location h
WHERE h.thing_id = (SELECT e.thing_id FROM things.historical_location e WHERE e.id = %(id)s)
ORDER BY h.time DESC, h.id DESC LIMIT 1;

-- name: forget_place
-- Take a location out of an entry of history.
DELETE FROM things.historical_location_location
WHERE historical_location_id = %(id)s AND location_id = %(location_id)s;

-- name: locations_of_history
-- The locations of one entry in a thing's history.
SELECT location_id FROM things.historical_location_location WHERE historical_location_id = %(id)s;

-- name: datastreams_of
-- The datastreams that vanish with a thing, sensor or observed property, with their datasets.
SELECT DISTINCT d.id, d.dataset_id FROM things.datastream d
LEFT JOIN things.datastream_property c ON c.datastream_id = d.id
WHERE d.thing_id = %(thing_id)s OR d.sensor_id = %(sensor_id)s
   OR d.observed_property_id = %(observed_property_id)s OR c.observed_property_id = %(observed_property_id)s
ORDER BY d.id;

-- name: hold_datastreams_of
-- Keep others from opening a state for the datastreams of some datasets that vanish with any of these, in
-- their order.
SELECT d.id FROM things.datastream AS d
WHERE d.dataset_id = ANY (%(datasets)s::bigint[])
  AND (d.id = ANY (%(datastreams)s::bigint[]) OR d.thing_id = ANY (%(things)s::bigint[])
       OR d.sensor_id = ANY (%(sensors)s::bigint[]) OR d.observed_property_id = ANY (%(properties)s::bigint[])
       OR d.id IN (SELECT c.datastream_id FROM things.datastream_property AS c
                   WHERE c.observed_property_id = ANY (%(properties)s::bigint[])))
ORDER BY d.id FOR UPDATE;

-- name: delete_datastreams
-- Remove datastreams whose observations nobody sees any more.
DELETE FROM things.datastream WHERE id = ANY (%(ids)s);

-- name: datasets_of_histories
-- The datasets of the entries of history that are about one location.
SELECT DISTINCT h.dataset_id FROM things.historical_location h
JOIN things.historical_location_location l ON l.historical_location_id = h.id
WHERE l.location_id = %(location_id)s;

-- name: delete_histories_of_location
-- Remove the entries of history, in these datasets, that are about one location.
DELETE FROM things.historical_location h USING things.historical_location_location l
WHERE l.historical_location_id = h.id AND l.location_id = %(location_id)s
  AND h.dataset_id = ANY (%(datasets)s::bigint[]);

-- name: datastreams_with_feature
-- The datastreams that have observations of a feature, with their datasets.
SELECT d.id, d.dataset_id FROM things.datastream_feature k
JOIN things.datastream d ON d.id = k.datastream_id WHERE k.feature_id = %(feature_id)s ORDER BY d.id;

-- name: components
-- The components of a multi-datastream, in order.
SELECT observed_property_id, unit, observation_type FROM things.datastream_property
WHERE datastream_id = %(datastream_id)s ORDER BY position;

-- name: store_component
-- Add a component to a multi-datastream.
INSERT INTO things.datastream_property (datastream_id, position, observed_property_id, unit, observation_type)
VALUES (%(datastream_id)s, %(position)s, %(observed_property_id)s, %(unit)s, %(observation_type)s);

-- name: drop_components
-- Remove the components of a multi-datastream.
DELETE FROM things.datastream_property WHERE datastream_id = %(datastream_id)s;

-- name: has_observations
-- Whether a datastream has observations.
SELECT n > 0 FROM things.datastream_state WHERE datastream_id = %(datastream_id)s;

-- name: wait_for_features
-- Wait for all who are storing observations of features; nothing is kept, or the two could wait for each other.
WITH held AS MATERIALIZED (SELECT pg_advisory_lock(1398033742)) SELECT pg_advisory_unlock(1398033742) FROM held;
