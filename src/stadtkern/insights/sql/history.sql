-- SPDX-License-Identifier: EUPL-1.2
-- name: usual_hours
-- Per local hour, the sum over datastreams of their median totals and the mean of their median means, within windows.
SELECT m.hour, sum(m.total), avg(m.mean)
FROM (
    SELECT extract(hour FROM r.start AT TIME ZONE %(zone)s)::int AS hour,
           percentile_cont(0.5) WITHIN GROUP (ORDER BY r.n * r.mean) AS total,
           percentile_cont(0.5) WITHIN GROUP (ORDER BY r.mean) AS mean
    FROM unnest(%(starts)s::timestamptz[], %(ends)s::timestamptz[]) AS w (start, until)
    CROSS JOIN unnest(%(ids)s::bigint[]) AS i (id)
    JOIN things.rollup_hour AS r ON r.datastream_id = i.id AND r.start >= w.start AND r.start < w.until
    WHERE r.n > 0
    GROUP BY r.datastream_id, 1
    HAVING count(*) >= %(enough)s
) AS m
GROUP BY m.hour
ORDER BY m.hour;

-- name: day_by_hour
-- Per hour and datastream since a moment, straight from the observations: count, sum, mean.
SELECT date_trunc('hour', o.phenomenon_time), o.datastream_id, count(o.result), sum(o.result), avg(o.result)
FROM things.observation AS o
WHERE o.datastream_id = ANY (%(ids)s) AND o.phenomenon_time >= %(start)s AND o.phenomenon_time < %(until)s
  AND o.result IS NOT NULL
GROUP BY 1, 2
ORDER BY 1;

-- name: daily_means
-- Means of single days of datastreams within a window, for their usual range.
SELECT r.datastream_id, r.mean
FROM things.rollup_day AS r
WHERE r.datastream_id = ANY (%(ids)s) AND r.start >= %(start)s AND r.start < %(until)s AND r.n > 0
ORDER BY r.start;

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

-- name: shares_left
-- At each of the given hours, the share of the capacity that was left, where enough of it reported.
SELECT sum(r.mean) / sum(i.capacity)
FROM unnest(%(hours)s::timestamptz[]) AS h (start)
CROSS JOIN unnest(%(ids)s::bigint[], %(capacities)s::float8[]) AS i (id, capacity)
JOIN things.rollup_hour AS r ON r.datastream_id = i.id AND r.start = h.start
WHERE r.n > 0
GROUP BY h.start
HAVING sum(i.capacity) >= %(least)s;
