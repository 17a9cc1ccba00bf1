-- SPDX-License-Identifier: EUPL-1.2
-- name: usual_hours
-- Per datastream and local hour, the median total and the median mean of given hours.
-- Each hour is asked for by its own instant: one walk through the index, and no time zone is looked up per row.
SELECT r.datastream_id, w.hour,
       percentile_cont(0.5) WITHIN GROUP (ORDER BY r.n * r.mean),
       percentile_cont(0.5) WITHIN GROUP (ORDER BY r.mean)
FROM things.rollup_hour AS r
JOIN unnest(%(starts)s::timestamptz[], %(hours)s::smallint[]) AS w (start, hour) ON w.start = r.start
WHERE r.datastream_id = ANY (%(ids)s) AND r.start = ANY (%(starts)s) AND r.n > 0
GROUP BY 1, 2
HAVING count(*) >= %(enough)s;

-- name: year_ranges
-- Per datastream, how many days it has within a window, the middle four fifths of their means, and the last thirty.
SELECT d.datastream_id, d.n, d.range[1], d.range[2],
       (SELECT array_agg(l.mean ORDER BY l.start) FROM (
            SELECT m.start, m.mean FROM things.rollup_day AS m
            WHERE m.datastream_id = d.datastream_id AND m.start >= %(start)s AND m.start < %(until)s AND m.n > 0
            ORDER BY m.start DESC LIMIT 30) AS l)
FROM (
    SELECT r.datastream_id, count(*) AS n, percentile_cont(ARRAY[0.1, 0.9]) WITHIN GROUP (ORDER BY r.mean) AS range
    FROM things.rollup_day AS r
    WHERE r.datastream_id = ANY (%(ids)s) AND r.start >= %(start)s AND r.start < %(until)s AND r.n > 0
    GROUP BY r.datastream_id
) AS d;

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
