-- SPDX-License-Identifier: EUPL-1.2
-- name: usual_hours
-- Per datastream and local hour, the median total and the median mean within windows.
SELECT r.datastream_id, extract(hour FROM r.start AT TIME ZONE %(zone)s)::int,
       percentile_cont(0.5) WITHIN GROUP (ORDER BY r.n * r.mean),
       percentile_cont(0.5) WITHIN GROUP (ORDER BY r.mean)
FROM unnest(%(starts)s::timestamptz[], %(ends)s::timestamptz[]) AS w (start, until)
CROSS JOIN unnest(%(ids)s::bigint[]) AS i (id)
JOIN things.rollup_hour AS r ON r.datastream_id = i.id AND r.start >= w.start AND r.start < w.until
WHERE r.n > 0
GROUP BY 1, 2
HAVING count(*) >= %(enough)s;

-- name: year_ranges
-- Per datastream, how many days it has within a window, the middle four fifths of their means, and the last thirty.
SELECT r.datastream_id, count(*), percentile_cont(0.1) WITHIN GROUP (ORDER BY r.mean),
       percentile_cont(0.9) WITHIN GROUP (ORDER BY r.mean),
       (SELECT array_agg(l.mean ORDER BY l.start) FROM (
            SELECT m.start, m.mean FROM things.rollup_day AS m
            WHERE m.datastream_id = r.datastream_id AND m.start >= %(start)s AND m.start < %(until)s AND m.n > 0
            ORDER BY m.start DESC LIMIT 30) AS l)
FROM things.rollup_day AS r
WHERE r.datastream_id = ANY (%(ids)s) AND r.start >= %(start)s AND r.start < %(until)s AND r.n > 0
GROUP BY r.datastream_id;

-- name: means_at
-- The means of datastreams in single hours.
SELECT r.datastream_id, r.start, r.mean
FROM things.rollup_hour AS r
WHERE r.datastream_id = ANY (%(ids)s) AND r.start = ANY (%(hours)s) AND r.n > 0;

-- name: observation_page
-- One page of a datastream's observations, newest first, before a given place.
SELECT o.phenomenon_time, o.slot, o.phenomenon_end, o.result, o.result_json, o.result_quality, o.id
FROM things.observation AS o
WHERE o.datastream_id = %(id)s AND o.phenomenon_time >= %(start)s AND o.phenomenon_time < %(until)s
  AND (o.phenomenon_time, o.slot) < (%(before)s::timestamptz, %(slot)s::smallint)
ORDER BY o.phenomenon_time DESC, o.slot DESC
LIMIT %(limit)s;

-- name: observations_to_carry_away
-- All observations of a datastream in a span, oldest first, for a download.
SELECT o.phenomenon_time, o.phenomenon_end, o.result, o.result_json, o.result_quality
FROM things.observation AS o
WHERE o.datastream_id = %(id)s AND o.phenomenon_time >= %(start)s AND o.phenomenon_time < %(until)s
ORDER BY o.phenomenon_time, o.slot;
