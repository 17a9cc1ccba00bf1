-- SPDX-License-Identifier: EUPL-1.2

-- name: newest_readings
-- When the newest reading in each of these datasets was made; the condition of access follows
SELECT t.dataset_id, max(coalesce(s.last_end, s.last_time))
FROM things.datastream AS t
JOIN things.datastream_state AS s ON s.datastream_id = t.id
WHERE t.dataset_id = ANY (%s) AND

-- name: organisation_names
-- How organisations are called
SELECT o.principal_id, o.about -> 'name', p.name
FROM core.organisation AS o JOIN core.principal AS p ON p.id = o.principal_id
WHERE o.principal_id = ANY (%(ids)s);

-- name: series_of_dataset
-- The series of a dataset with their newest values, those with the most readings first; the conditions of access follow
SELECT t.id, t.name, t.unit ->> 'symbol', s.last_result, coalesce(s.last_end, s.last_time), s.last_time,
       s.n, count(*) OVER (), sum(s.n) OVER (), t.kind, t.properties
FROM things.datastream AS t
JOIN things.thing AS g ON g.id = t.thing_id
JOIN things.datastream_state AS s ON s.datastream_id = t.id
WHERE t.dataset_id = %s AND NOT t.multi AND

-- name: places_of_dataset
-- The things of a dataset at the middle of their places; the conditions of access follow
SELECT g.id, g.name, ((l.bounds[0])[0] + (l.bounds[1])[0]) / 2, ((l.bounds[0])[1] + (l.bounds[1])[1]) / 2
FROM things.thing AS g
JOIN things.thing_location AS tl ON tl.thing_id = g.id
JOIN things.location AS l ON l.id = tl.location_id AND l.dataset_id = g.dataset_id
WHERE g.dataset_id = %s AND l.bounds IS NOT NULL AND

-- name: sitemap_parts
-- Counts the datasets of a sitemap; the condition of access follows
SELECT count(*) FROM catalogue.entry AS e WHERE

-- name: sitemap_part
-- Reads the addresses of a part of the sitemap; the condition of access follows
SELECT d.key, e.moved
FROM catalogue.entry AS e JOIN core.dataset AS d ON d.id = e.dataset_id
WHERE
