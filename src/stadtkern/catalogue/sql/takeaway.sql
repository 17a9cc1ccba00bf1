-- SPDX-License-Identifier: EUPL-1.2

-- name: series_to_take_away
-- The series of a dataset with what changes when their readings do: every writer locks the row of the state, which
-- leaves its number there, also where a correction changes neither count nor ends; the condition of access follows
SELECT t.id, t.name, coalesce(t.unit ->> 'symbol', ''), s.n, s.last_time,
       concat_ws(' ', s.n, s.last_id, s.xmin, s.xmax)
FROM things.datastream AS t
JOIN things.datastream_state AS s ON s.datastream_id = t.id
WHERE t.dataset_id = %s AND s.n > 0 AND

-- name: seen_to_take_away
-- Which of these series one may still see; the condition of access follows
SELECT t.id FROM things.datastream AS t WHERE t.id = ANY (%s) AND

-- name: nth_newest
-- The time of the reading that has so many newer ones
SELECT o.phenomenon_time FROM things.observation AS o
WHERE o.datastream_id = %(id)s ORDER BY o.phenomenon_time DESC, o.slot DESC OFFSET %(newer)s LIMIT 1;

-- name: away_to_take
-- Whether readings of these series since these times lie in files of the archive only
SELECT EXISTS (
    SELECT FROM things.archived AS a
    JOIN unnest(%(ids)s::bigint[], %(since)s::timestamptz[]) AS w (id, since) ON w.id = a.datastream_id
    WHERE a.state = 'away' AND (w.since IS NULL OR a.last_time >= w.since));

-- name: readings_of_some
-- All readings of small series
SELECT o.datastream_id, o.phenomenon_time, o.slot, o.phenomenon_end, o.result, o.result_json, o.result_quality
FROM things.observation AS o
JOIN unnest(%(ids)s::bigint[], %(until)s::timestamptz[]) AS w (id, until) ON w.id = o.datastream_id
WHERE o.phenomenon_time <= w.until
ORDER BY o.datastream_id, o.phenomenon_time, o.slot;

-- name: readings_of_one
-- The next readings of a series, from one that was read last
SELECT o.datastream_id, o.phenomenon_time, o.slot, o.phenomenon_end, o.result, o.result_json, o.result_quality
FROM things.observation AS o
WHERE o.datastream_id = %(id)s AND o.phenomenon_time >= %(since)s AND o.phenomenon_time <= %(until)s
  AND (o.phenomenon_time, o.slot) > (%(since)s, %(slot)s)
ORDER BY o.phenomenon_time, o.slot
LIMIT %(limit)s;
