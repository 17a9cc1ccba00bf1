-- SPDX-License-Identifier: EUPL-1.2
-- name: latest_values
-- Newest value, count and span of each of the given datastreams that has observations.
SELECT datastream_id, last_time, last_end, last_result, last_result_json, n, first_time, result_time_first,
       result_time_last
FROM things.datastream_state
WHERE datastream_id = ANY (%(ids)s) AND n > 0;

-- name: dirty_spans
-- Spans of hours whose rollups cannot be trusted at the moment, and until when there may be nothing better.
SELECT m.datastream_id, m.start, m.until, d.kind, s.sealed_until
FROM things.rollup_mark AS m JOIN things.datastream AS d ON d.id = m.datastream_id
LEFT JOIN things.datastream_state AS s ON s.datastream_id = m.datastream_id
WHERE m.datastream_id = ANY (%(ids)s) AND m.until > %(start)s AND m.start < %(end)s;

-- name: kept_hours
-- Hours from the rollup.
SELECT start, n, rows, good, mean, minimum, maximum, first, last, weight, datastream_id, m2
FROM things.rollup_hour
WHERE datastream_id = ANY (%(ids)s) AND start >= %(start)s AND start < %(end)s
ORDER BY datastream_id, start;

-- name: kept_days
-- Days from the rollup.
SELECT start, n, rows, good, mean, minimum, maximum, first, last, weight, datastream_id, m2
FROM things.rollup_day
WHERE datastream_id = ANY (%(ids)s) AND start >= %(start)s AND start < %(end)s
ORDER BY datastream_id, start;

-- name: hour_points
-- Hours of one datastream as readers see them.
SELECT start, n, mean, minimum, maximum, CASE WHEN n > 0 THEN mean * n END, first, last,
       good::float8 / nullif(rows, 0)
FROM things.rollup_hour
WHERE datastream_id = %(id)s AND start >= %(start)s AND start < %(end)s
ORDER BY start;

-- name: day_points
-- The city's days of one datastream as readers see them.
SELECT start, n, mean, minimum, maximum, CASE WHEN n > 0 THEN mean * n END, first, last,
       good::float8 / nullif(rows, 0)
FROM things.rollup_day
WHERE datastream_id = %(id)s AND start >= %(start)s AND start < %(end)s
ORDER BY start;

-- name: calendar_points
-- Months or years of one datastream as readers see them, made from the city's days.
SELECT begin, sum(n)::bigint, mean, min(minimum), max(maximum), CASE WHEN sum(n) > 0 THEN mean * sum(n)::float8 END,
       (array_agg(first ORDER BY start) FILTER (WHERE rows > 0))[1],
       (array_agg(last ORDER BY start) FILTER (WHERE rows > 0))[count(*) FILTER (WHERE rows > 0)],
       sum(good)::float8 / nullif(sum(rows), 0)::float8
FROM (
    SELECT *, coalesce(
               sum(share * d.mean) OVER same / nullif(sum(share) FILTER (WHERE d.mean IS NOT NULL) OVER same, 0),
               avg(d.mean) OVER same) AS mean
    FROM (
        SELECT start, n, rows, good, mean, minimum, maximum, first, last, coalesce(weight, n)::float8 AS share,
               date_trunc(%(bucket)s, start AT TIME ZONE %(zone)s) AT TIME ZONE %(zone)s AS begin
        FROM things.rollup_day
        WHERE datastream_id = %(id)s AND start >= %(start)s AND start < %(end)s
    ) AS d
    WINDOW same AS (PARTITION BY begin)
) AS b (start, n, rows, good, own_mean, minimum, maximum, first, last, share, begin, mean)
GROUP BY begin, mean
ORDER BY begin;

-- name: fresh_measured_hours
-- Hours computed from observations for a reader who cannot wait for the fold.
SELECT start, n, rows, good, mean, minimum, maximum, first, last, weight, datastream_id, m2 FROM ({measured_hours}) AS h;

-- name: fresh_held_hours
-- The same for datastreams of kind `state`.
SELECT start, n, rows, good, mean, minimum, maximum, first, last, weight, datastream_id, m2 FROM ({held_hours}) AS h;

-- name: observations_between
-- The observations themselves.
SELECT phenomenon_time, result, things.is_good(result_quality)
FROM things.observation
WHERE datastream_id = %(id)s AND phenomenon_time >= %(start)s AND phenomenon_time < %(end)s
ORDER BY phenomenon_time, slot
LIMIT %(limit)s;
