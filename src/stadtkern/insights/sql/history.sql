-- SPDX-License-Identifier: EUPL-1.2
-- name: sums_in_windows
-- Per hour within the windows: sum over the given datastreams of their totals and of their means, and how many had values.
SELECT r.start, sum(r.n * r.mean), sum(r.mean), count(*), sum(r.weight)
FROM unnest(%(starts)s::timestamptz[], %(ends)s::timestamptz[]) AS w (start, until)
CROSS JOIN unnest(%(ids)s::bigint[]) AS i (id)
JOIN things.rollup_hour AS r ON r.datastream_id = i.id AND r.start >= w.start AND r.start < w.until
WHERE r.n > 0
GROUP BY r.start
ORDER BY r.start;

-- name: day_by_hour
-- Per hour and datastream since a moment, straight from the observations: count, sum, mean.
SELECT date_trunc('hour', o.phenomenon_time), o.datastream_id, count(o.result), sum(o.result), avg(o.result)
FROM things.observation AS o
WHERE o.datastream_id = ANY (%(ids)s) AND o.phenomenon_time >= %(start)s AND o.phenomenon_time < %(until)s
  AND o.result IS NOT NULL
GROUP BY 1, 2
ORDER BY 1;

-- name: daily_means
-- Means of single days of one datastream within a window, for its usual range.
SELECT r.start, r.mean
FROM things.rollup_day AS r
WHERE r.datastream_id = %(id)s AND r.start >= %(start)s AND r.start < %(until)s AND r.n > 0
ORDER BY r.start;

-- name: observation_page
-- One page of a datastream's observations, newest first, before a given place.
SELECT o.phenomenon_time, o.slot, o.phenomenon_end, o.result, o.result_json, o.result_quality, o.id
FROM things.observation AS o
WHERE o.datastream_id = %(id)s AND o.phenomenon_time >= %(start)s AND o.phenomenon_time < %(until)s
  AND (o.phenomenon_time, o.slot) < (%(before)s::timestamptz, %(slot)s::smallint)
ORDER BY o.phenomenon_time DESC, o.slot DESC
LIMIT %(limit)s;

-- name: observation_times
-- Times of a datastream's observations in a span, oldest first, for finding gaps.
SELECT o.phenomenon_time, coalesce(o.phenomenon_end, o.phenomenon_time)
FROM things.observation AS o
WHERE o.datastream_id = %(id)s AND o.phenomenon_time >= %(start)s AND o.phenomenon_time < %(until)s
ORDER BY o.phenomenon_time;

-- name: observations_to_carry_away
-- All observations of a datastream in a span, oldest first, for a download.
SELECT o.phenomenon_time, o.phenomenon_end, o.result, o.result_json, o.result_quality
FROM things.observation AS o
WHERE o.datastream_id = %(id)s AND o.phenomenon_time >= %(start)s AND o.phenomenon_time < %(until)s
ORDER BY o.phenomenon_time, o.slot;

-- name: hours_with_values
-- Hours of a datastream that hold observations, and how many of them are good.
SELECT r.start, r.rows, r.good
FROM things.rollup_hour AS r
WHERE r.datastream_id = %(id)s AND r.start >= %(start)s AND r.start < %(until)s
ORDER BY r.start;

-- name: days_in_windows
-- Per local day within the windows: sum over the given datastreams, and how many had values.
SELECT r.start, sum(r.n * r.mean), count(*)
FROM unnest(%(starts)s::timestamptz[], %(ends)s::timestamptz[]) AS w (start, until)
CROSS JOIN unnest(%(ids)s::bigint[]) AS i (id)
JOIN things.rollup_day AS r ON r.datastream_id = i.id AND r.start >= w.start AND r.start < w.until
WHERE r.n > 0
GROUP BY r.start
ORDER BY r.start;
