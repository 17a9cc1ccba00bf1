-- SPDX-License-Identifier: EUPL-1.2

-- name: save_district
-- Store an outline.
INSERT INTO city.district (code, name, level, geometry, bounds)
VALUES (%(code)s, %(name)s, %(level)s, %(geometry)s, box(point(%(west)s, %(south)s), point(%(east)s, %(north)s)))
ON CONFLICT (code) DO UPDATE
SET name = excluded.name, level = excluded.level, geometry = excluded.geometry, bounds = excluded.bounds;

-- name: list_districts
-- Outlines of a level, or all, by code.
SELECT code, name, level, geometry FROM city.district
WHERE %(level)s::text IS NULL OR level = %(level)s ORDER BY code;

-- name: find_replay
-- How a dataset is replayed.
SELECT dataset_id, weeks, cycle_weeks, window_start, loaded_until, fed_until, complete
FROM city.replay WHERE dataset_id = %(dataset_id)s;

-- name: list_replays
-- All datasets that are replayed.
SELECT dataset_id, weeks, cycle_weeks, window_start, loaded_until, fed_until, complete
FROM city.replay WHERE complete ORDER BY dataset_id;

-- name: begin_replay
-- Fix the shift of a dataset once; a second start keeps it.
INSERT INTO city.replay (dataset_id, weeks, cycle_weeks, window_start, loaded_until, fed_until)
VALUES (%(dataset_id)s, %(weeks)s, %(cycle_weeks)s, %(window_start)s, %(now)s, %(now)s)
ON CONFLICT (dataset_id) DO NOTHING;

-- name: complete_replay
-- The history is loaded and the window is stored: the feed may begin.
UPDATE city.replay SET complete = true WHERE dataset_id = %(dataset_id)s;

-- name: clear_replay_values
-- Forget the values of a window.
DELETE FROM city.replay_value WHERE dataset_id = %(dataset_id)s;

-- name: copy_replay_values
-- Take in the values of a window.
COPY city.replay_value (dataset_id, due, start, datastream_id, result, quality) FROM STDIN;

-- name: due_replay_values
-- Values of the window that became known in a stretch of the original's wall clock, with the place they are about.
SELECT v.datastream_id, v.due, v.start, v.result, v.quality, f.id
FROM city.replay_value v
JOIN things.datastream d ON d.id = v.datastream_id
LEFT JOIN things.feature_of_interest f
    ON f.location_id = (SELECT min(l.location_id) FROM things.thing_location l WHERE l.thing_id = d.thing_id)
WHERE v.dataset_id = %(dataset_id)s AND v.due > %(after)s AND v.due <= %(until)s
ORDER BY v.due, v.datastream_id;

-- name: advance_replay
-- Note up to when a dataset was fed.
UPDATE city.replay SET fed_until = %(fed_until)s WHERE dataset_id = %(dataset_id)s;

-- name: tidy_things
-- Car parks know their capacity as a number, counters the day since when they count.
UPDATE things.thing
SET properties = properties
    || CASE WHEN properties ->> 'capacity' ~ '^[0-9]{1,6}$'
        THEN jsonb_build_object('capacity', (properties ->> 'capacity')::integer) ELSE '{}' END
    || CASE WHEN properties ->> 'since' ~ '^[0-9]{4}-[0-9]{2}-[0-9]{2} '
        THEN jsonb_build_object('since', left(properties ->> 'since', 10)) ELSE '{}' END
WHERE dataset_id = %(dataset_id)s AND (properties ->> 'capacity' IS NOT NULL OR properties ->> 'since' IS NOT NULL);

-- name: save_probe
-- Note which simulation a datastream shows.
INSERT INTO city.probe (datastream_id, kind, seed, every_seconds, settings, fed_until)
VALUES (%(datastream_id)s, %(kind)s, %(seed)s, %(every_seconds)s, %(settings)s, %(fed_until)s)
ON CONFLICT (datastream_id) DO NOTHING;

-- name: list_probes
-- All simulated probes, with the place they are about.
SELECT p.datastream_id, p.kind, p.seed, p.every_seconds, p.settings, p.fed_until, f.id
FROM city.probe p
JOIN things.datastream d ON d.id = p.datastream_id
LEFT JOIN things.feature_of_interest f
    ON f.location_id = (SELECT min(l.location_id) FROM things.thing_location l WHERE l.thing_id = d.thing_id)
ORDER BY p.datastream_id;

-- name: advance_probes
-- Note up to when probes were fed.
UPDATE city.probe SET fed_until = %(fed_until)s WHERE datastream_id = ANY (%(ids)s);

-- name: find_demo_token
-- Whether this token is valid.
SELECT id FROM core.token
WHERE secret_hash = %(secret_hash)s AND revoked_at IS NULL AND (expires_at IS NULL OR expires_at > now());
