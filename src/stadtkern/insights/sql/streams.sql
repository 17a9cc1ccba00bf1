-- SPDX-License-Identifier: EUPL-1.2
-- name: streams
-- Datastreams with their thing, place, property, sensor, dataset and newest value; conditions are added behind.
SELECT d.id, d.name, d.description, d.kind, d.unit, coalesce(d.properties, '{}'),
       t.id, t.name, t.description, coalesce(t.properties, '{}'),
       o.name, o.definition, o.description,
       n.name, n.description,
       c.id, c.key, c.about,
       l.dataset_id, l.location, l.name, l.properties,
       s.first_time, s.last_time, s.last_end, s.last_result, s.last_result_json, coalesce(s.n, 0), d.multi
FROM things.datastream AS d
JOIN things.thing AS t ON t.id = d.thing_id
JOIN things.sensor AS n ON n.id = d.sensor_id
JOIN core.dataset AS c ON c.id = d.dataset_id
LEFT JOIN things.observed_property AS o ON o.id = d.observed_property_id
LEFT JOIN things.datastream_state AS s ON s.datastream_id = d.id
LEFT JOIN LATERAL (
    SELECT l.dataset_id, l.location, l.name, l.properties
    FROM things.thing_location AS tl
    JOIN things.location AS l ON l.id = tl.location_id
    WHERE tl.thing_id = t.id
    ORDER BY l.id
    LIMIT 1
) AS l ON true
WHERE;

-- name: other_units
-- Which of these datastreams had another unit until some time, with that unit and time.
SELECT d.id, d.unit_before, d.unit_since
FROM things.datastream AS d
WHERE d.id = ANY (%(ids)s) AND d.unit_since > %(since)s
ORDER BY d.unit_since, d.id;

-- name: streams_wanted
-- Numbers of the datastreams that observe properties with these definitions; the conditions are put in.
SELECT f.id
FROM unnest(%s::text[], %s::text[]) AS w (definition, type)
CROSS JOIN LATERAL (
    SELECT x.id
    FROM things.observed_property AS p
    JOIN things.datastream AS x ON x.observed_property_id = p.id
    WHERE p.definition = w.definition AND NOT x.multi AND /* conditions */
      AND (w.type IS NULL OR EXISTS (
          SELECT FROM things.thing AS y
          WHERE y.id = x.thing_id AND y.properties ->> 'type' = w.type AND /* conditions */))
    ORDER BY p.id, x.id
    LIMIT %s
) AS f;

-- name: things
-- Things with their place and the properties observed at them; conditions are added behind.
SELECT t.id, t.name, t.description, coalesce(t.properties, '{}'), c.id, c.key, c.about,
       l.dataset_id, l.location, l.name, l.properties
FROM things.thing AS t
JOIN core.dataset AS c ON c.id = t.dataset_id
LEFT JOIN LATERAL (
    SELECT l.dataset_id, l.location, l.name, l.properties
    FROM things.thing_location AS tl
    JOIN things.location AS l ON l.id = tl.location_id
    WHERE tl.thing_id = t.id
    ORDER BY l.id
    LIMIT 1
) AS l ON true
WHERE;

-- name: datasets
-- Datasets with datastreams, how many they have and their newest value; conditions are added behind.
SELECT c.id, c.key, c.about,
       (SELECT count(*) FROM things.datastream AS d WHERE d.dataset_id = c.id),
       (SELECT max(s.last_time) FROM things.datastream AS d
        JOIN things.datastream_state AS s ON s.datastream_id = d.id WHERE d.dataset_id = c.id)
FROM core.dataset AS c
WHERE EXISTS (SELECT FROM things.datastream AS d WHERE d.dataset_id = c.id) AND;
