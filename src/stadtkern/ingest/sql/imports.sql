-- SPDX-License-Identifier: EUPL-1.2

-- name: lock_import
-- Wait until no other process imports the same file with the same mapping.
SELECT pg_advisory_lock(hashtextextended(%(key)s, 0));

-- name: find_import
-- How far the import of a file has come.
SELECT state, rows, stored, report, started_at
FROM ingest.import_run
WHERE file_hash = %(file_hash)s AND mapping_hash = %(mapping_hash)s AND dataset_id = %(dataset_id)s;

-- name: begin_import
-- Note that a file is being imported; a finished one begins anew.
INSERT INTO ingest.import_run (file_hash, mapping_hash, dataset_id, file_name)
VALUES (%(file_hash)s, %(mapping_hash)s, %(dataset_id)s, %(file_name)s)
ON CONFLICT (file_hash, mapping_hash, dataset_id) DO UPDATE
SET state = 'running', parts = 0, rows = 0, stored = 0, report = NULL, started_at = now(), updated_at = now();

-- name: advance_import
-- Note that one more part is stored, in its own transaction.
UPDATE ingest.import_run
SET parts = %(parts)s, rows = %(rows)s, stored = stored + %(stored)s, updated_at = now()
WHERE file_hash = %(file_hash)s AND mapping_hash = %(mapping_hash)s AND dataset_id = %(dataset_id)s;

-- name: finish_import
-- Note that a file is done, and what became of it.
UPDATE ingest.import_run
SET state = 'done', report = %(report)s, updated_at = now()
WHERE file_hash = %(file_hash)s AND mapping_hash = %(mapping_hash)s AND dataset_id = %(dataset_id)s;

-- name: lock_keys
-- Let only one process at a time look for keys of a dataset and create what is missing.
SELECT pg_advisory_xact_lock(hashtextextended('ingest.keys', %(dataset_id)s));

-- name: find_thing_by_key
-- The Thing with an external key.
SELECT id FROM things.thing WHERE dataset_id = %(dataset_id)s AND properties ->> 'key' = %(key)s ORDER BY id LIMIT 1;

-- name: find_sensor_by_key
-- The Sensor with an external key.
SELECT id FROM things.sensor WHERE dataset_id = %(dataset_id)s AND properties ->> 'key' = %(key)s ORDER BY id LIMIT 1;

-- name: find_property_by_key
-- The ObservedProperty with an external key.
SELECT id FROM things.observed_property
WHERE dataset_id = %(dataset_id)s AND properties ->> 'key' = %(key)s ORDER BY id LIMIT 1;

-- name: find_datastream_by_key
-- The Datastream with an external key.
SELECT id FROM things.datastream
WHERE dataset_id = %(dataset_id)s AND properties ->> 'key' = %(key)s ORDER BY id LIMIT 1;

-- name: find_location_by_key
-- The Location with an external key.
SELECT id FROM things.location
WHERE dataset_id = %(dataset_id)s AND properties ->> 'key' = %(key)s ORDER BY id LIMIT 1;

-- name: create_keyed_thing
-- Make a Thing.
INSERT INTO things.thing (dataset_id, name, description, properties)
VALUES (%(dataset_id)s, %(name)s, %(description)s, %(properties)s) RETURNING id;

-- name: create_keyed_sensor
-- Make a Sensor.
INSERT INTO things.sensor (dataset_id, name, description, encoding_type, metadata, properties)
VALUES (%(dataset_id)s, %(name)s, %(description)s, 'text/html', %(metadata)s, %(properties)s) RETURNING id;

-- name: create_keyed_property
-- Make an ObservedProperty.
INSERT INTO things.observed_property (dataset_id, name, definition, description, properties)
VALUES (%(dataset_id)s, %(name)s, %(definition)s, %(description)s, %(properties)s) RETURNING id;

-- name: create_keyed_datastream
-- Make a Datastream in which a later import replaces what an earlier one said about the same time.
INSERT INTO things.datastream (
    dataset_id, thing_id, sensor_id, observed_property_id, name, description, unit, observation_type, conflict, kind,
    properties
)
VALUES (
    %(dataset_id)s, %(thing_id)s, %(sensor_id)s, %(property_id)s, %(name)s, %(description)s, %(unit)s,
    %(observation_type)s, 'replace', %(kind)s, %(properties)s
)
RETURNING id;

-- name: create_keyed_location
-- Make a Location (a point), put the Thing there and note since when.
WITH made AS (
    INSERT INTO things.location (dataset_id, name, description, encoding_type, location, bounds, properties)
    VALUES (
        %(dataset_id)s, %(name)s, %(description)s, 'application/geo+json', %(location)s,
        box(point(%(longitude)s, %(latitude)s), point(%(longitude)s, %(latitude)s)), %(properties)s
    )
    RETURNING id
), placed AS (
    INSERT INTO things.thing_location (thing_id, location_id) SELECT %(thing_id)s, id FROM made
), history AS (
    INSERT INTO things.historical_location (dataset_id, thing_id, time)
    VALUES (%(dataset_id)s, %(thing_id)s, %(since)s) RETURNING id
), history_place AS (
    INSERT INTO things.historical_location_location (historical_location_id, location_id)
    SELECT history.id, made.id FROM history, made
)
SELECT id FROM made;

-- name: known_stations
-- The Things of a dataset by which files name stations, and whether their place came from elsewhere than a file
SELECT t.id, coalesce(t.properties ->> 'key', ''), t.name, EXISTS (
    SELECT FROM things.thing_location AS p JOIN things.location AS l ON l.id = p.location_id
    WHERE p.thing_id = t.id AND coalesce(l.properties ->> 'key', '') <> (t.properties ->> 'key') || '-location')
FROM things.thing AS t
WHERE t.dataset_id = %(dataset_id)s AND t.properties ? 'key'
ORDER BY t.id;

-- name: move_keyed_location
-- Correct where a Location lies and what is said of it; its number where it lies elsewhere now
WITH before AS (
    SELECT id, location FROM things.location
    WHERE dataset_id = %(dataset_id)s AND properties ->> 'key' = %(key)s ORDER BY id LIMIT 1 FOR UPDATE
), moved AS (
    UPDATE things.location AS l
    SET location = %(location)s, properties = %(properties)s,
        bounds = box(point(%(longitude)s, %(latitude)s), point(%(longitude)s, %(latitude)s))
    FROM before AS b
    WHERE l.id = b.id AND (l.location IS DISTINCT FROM %(location)s OR l.properties IS DISTINCT FROM %(properties)s)
)
SELECT id FROM before WHERE location IS DISTINCT FROM %(location)s;

-- name: describe_station
-- Add to what is said of a Thing
UPDATE things.thing SET properties = properties || %(said)s
WHERE id = %(thing_id)s AND dataset_id = %(dataset_id)s AND NOT properties @> %(said)s;
