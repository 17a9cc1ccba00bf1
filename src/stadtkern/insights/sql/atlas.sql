-- SPDX-License-Identifier: EUPL-1.2
-- name: map_places
-- Things with the newest value of their first datastream and the middle of their place; conditions are put in.
SELECT DISTINCT ON (t.id) t.id, t.name, coalesce(t.properties ->> 'type', ''), d.id, d.kind,
       coalesce(d.unit ->> 'symbol', ''), coalesce(d.properties, '{}'), coalesce(o.name, ''),
       coalesce(o.definition, ''), s.first_time, s.last_time, s.last_end, s.last_result, s.last_result_json,
       coalesce(s.n, 0), d.dataset_id, l.lon, l.lat, coalesce(l.name, ''), coalesce(l.position, '')
FROM things.thing AS t
JOIN things.datastream AS d ON d.thing_id = t.id
JOIN things.sensor AS n ON n.id = d.sensor_id
LEFT JOIN things.observed_property AS o ON o.id = d.observed_property_id
LEFT JOIN things.datastream_state AS s ON s.datastream_id = d.id
LEFT JOIN (
    SELECT tl.thing_id, l.id, l.dataset_id, l.name, l.properties ->> 'position' AS position,
           coalesce((center(l.bounds))[0], CASE WHEN coalesce(l.location -> 'geometry', l.location) ->> 'type' = 'Point'
               THEN (coalesce(l.location -> 'geometry', l.location) -> 'coordinates' ->> 0)::float8 END) AS lon,
           coalesce((center(l.bounds))[1], CASE WHEN coalesce(l.location -> 'geometry', l.location) ->> 'type' = 'Point'
               THEN (coalesce(l.location -> 'geometry', l.location) -> 'coordinates' ->> 1)::float8 END) AS lat
    FROM things.thing_location AS tl
    JOIN things.location AS l ON l.id = tl.location_id
    WHERE /* conditions */
) AS l ON l.thing_id = t.id
WHERE /* conditions */
ORDER BY t.id, d.id, l.id;

-- name: newest_of_datasets
-- When the newest value of any datastream of some datasets came; conditions are added behind.
SELECT d.dataset_id, max(s.last_time)
FROM things.datastream AS d
JOIN things.datastream_state AS s ON s.datastream_id = d.id
WHERE;

-- name: said_of_datasets
-- What owners say of some datasets; conditions are added behind.
SELECT c.id, c.key, c.about FROM core.dataset AS c WHERE;

-- name: streets
-- Names of places that contain a text; conditions are added behind.
SELECT DISTINCT l.name FROM things.location AS l
JOIN things.thing_location AS tl ON tl.location_id = l.id
JOIN things.thing AS t ON t.id = tl.thing_id
WHERE;
