-- SPDX-License-Identifier: EUPL-1.2
-- Statements with {leaf} are directed at one partition; other names in braces stand for the piece of that name.
-- OFFSET 0 and ORDER BY … LIMIT 1 hold the planner to one index probe per span, whatever it believes of tables that
-- were filled a moment ago. Only the fold changes rollups, so the places of their rows (ctid) hold still meanwhile.

-- name: lock_fold
-- Only one fold at a time, and none while datastreams are deleted; false where somebody else has the lock. Whoever reads
-- marks from now on begins with the first of them, also while others read them.
SELECT pg_try_advisory_xact_lock(1398033741), set_config('synchronize_seqscans', 'off', true);

-- name: wait_for_fold
-- Keep folds away until the transaction ends.
SELECT pg_advisory_xact_lock(1398033741);

-- name: gather_marks
-- Make marks of what some states say, unless enough are there; returns where to go on, or nothing where all is done.
SELECT things.gather_marks(%(since)s, %(most)s, %(busy)s)
WHERE (SELECT count(*) FROM (SELECT FROM things.rollup_dirty LIMIT %(enough)s) AS marks) < %(enough)s;

-- name: take_marks
-- Take the oldest marks, together not much more than the given number of hours. This is mostly planned when there are no
-- marks, and carried out when there are many: up to a place is right then, one of these places would compare all of them.
DELETE FROM things.rollup_dirty
WHERE ctid <= (
    SELECT max(place) FROM (
        SELECT ctid AS place, row_number() OVER places AS nth,
               sum(extract(epoch FROM until - start) / 3600) OVER places AS hours
        FROM (SELECT ctid, start, until FROM things.rollup_dirty LIMIT %(marks)s) AS oldest
        WINDOW places AS (ORDER BY ctid)
    ) AS counted
    WHERE hours - 1 < %(hours)s OR nth = 1)
RETURNING datastream_id, start, until, appended;

-- name: work_waiting
-- How many marks and, up to a limit, unfolded states there are; hours of the oldest marks; the last observation's number.
SELECT (SELECT count(*) FROM things.rollup_dirty)
       + (SELECT count(*) FROM (
            SELECT FROM things.datastream_state WHERE unfolded_from IS NOT NULL ORDER BY datastream_id LIMIT %(states)s) AS s),
       (SELECT coalesce(sum(extract(epoch FROM until - start)), 0)::float8 / 3600
        FROM (SELECT start, until FROM things.rollup_dirty LIMIT %(marks)s) AS oldest),
       (SELECT last_value FROM things.observation_numbers);

-- name: kinds_of_datastreams
-- How the buckets of these datastreams are aggregated, and from when on they can be.
SELECT d.id, d.kind, s.sealed_until
FROM things.datastream AS d LEFT JOIN things.datastream_state AS s ON s.datastream_id = d.id
WHERE d.id = ANY (%(ids)s);

-- name: hour_aggregates
-- What is kept of the observations `o` of one bucket.
count(o.result) AS n, count(*) AS rows, count(*) FILTER (WHERE things.is_good(o.result_quality)) AS good,
avg(things.tame(o.result)) AS mean, var_pop(things.tame(o.result)) * count(o.result) AS m2, min(o.result) AS minimum, max(o.result) AS maximum,
(array_agg(o.result ORDER BY o.phenomenon_time, o.slot))[1] AS first,
(array_agg(o.result ORDER BY o.phenomenon_time, o.slot))[count(*)] AS last,
min(o.phenomenon_time) AS first_time, max(o.phenomenon_time) AS last_time;

-- name: drop_empty_hours
-- Remove buckets of the spans that have no observations any more.
DELETE FROM things.rollup_hour WHERE ctid = ANY (ARRAY(
    SELECT h.place FROM unnest(%(datastream_id)s, %(start)s, %(until)s) AS span (datastream_id, start, until)
    CROSS JOIN LATERAL (
        SELECT r.ctid AS place, r.start FROM things.rollup_hour AS r WHERE r.datastream_id = span.datastream_id
            AND r.start >= span.start AND r.start < span.until OFFSET 0) AS h
    WHERE (SELECT o.id FROM {leaf} AS o WHERE o.datastream_id = span.datastream_id AND o.phenomenon_time >= h.start
             AND o.phenomenon_time < h.start + interval '1 hour'
           ORDER BY o.datastream_id, o.phenomenon_time LIMIT 1) IS NULL));

-- name: measured_hours
-- The hours of these spans, computed from their observations.
SELECT o.datastream_id, date_bin('1 hour', o.phenomenon_time, timestamptz 'epoch') AS start, {hour_aggregates},
       NULL::float8 AS weight
FROM unnest(%(datastream_id)s, %(start)s, %(until)s) AS span (datastream_id, start, until)
CROSS JOIN LATERAL (
    SELECT * FROM {leaf} AS leaf WHERE leaf.datastream_id = span.datastream_id
        AND leaf.phenomenon_time >= span.start AND leaf.phenomenon_time < span.until OFFSET 0) AS o
GROUP BY 1, 2;

-- name: fold_hours
-- Keep what the hours of these spans come to.
INSERT INTO things.rollup_hour AS h (datastream_id, start, n, rows, good, mean, m2, minimum, maximum, first, last,
                                     first_time, last_time, weight)
{measured_hours}
ON CONFLICT (datastream_id, start) DO UPDATE
SET (n, rows, good, mean, m2, minimum, maximum, first, last, first_time, last_time, weight)
  = (excluded.n, excluded.rows, excluded.good, excluded.mean, excluded.m2, excluded.minimum, excluded.maximum,
     excluded.first, excluded.last, excluded.first_time, excluded.last_time, excluded.weight);

-- name: extend_hours
-- Add to the hours what came in behind their last observation (Chan's formula for the squared deviations).
INSERT INTO things.rollup_hour AS h (datastream_id, start, n, rows, good, mean, m2, minimum, maximum, first, last,
                                     first_time, last_time)
SELECT hour.datastream_id, hour.start, {hour_aggregates}
FROM unnest(%(datastream_id)s, %(start)s) AS hour (datastream_id, start)
LEFT JOIN LATERAL (
    SELECT r.last_time FROM things.rollup_hour AS r
    WHERE r.datastream_id = hour.datastream_id AND r.start = hour.start LIMIT 1) AS known ON true
CROSS JOIN LATERAL (
    SELECT * FROM {leaf} AS leaf WHERE leaf.datastream_id = hour.datastream_id
        AND leaf.phenomenon_time >= coalesce(known.last_time + interval '1 microsecond', hour.start)
        AND leaf.phenomenon_time < hour.start + interval '1 hour' OFFSET 0) AS o
GROUP BY 1, 2
ON CONFLICT (datastream_id, start) DO UPDATE
SET n = h.n + excluded.n,
    rows = h.rows + excluded.rows,
    good = h.good + excluded.good,
    mean = CASE WHEN h.n = 0 THEN excluded.mean WHEN excluded.n = 0 THEN h.mean
                ELSE h.mean + (excluded.mean - h.mean) * excluded.n / (h.n + excluded.n) END,
    m2 = CASE WHEN h.n = 0 THEN excluded.m2 WHEN excluded.n = 0 THEN h.m2
              ELSE h.m2 + excluded.m2 + (excluded.mean - h.mean) ^ 2 * h.n * excluded.n / (h.n + excluded.n) END,
    minimum = least(h.minimum, excluded.minimum),
    maximum = greatest(h.maximum, excluded.maximum),
    last = excluded.last,
    last_time = excluded.last_time;

-- name: drop_hours
-- Remove the buckets of these spans.
DELETE FROM things.rollup_hour WHERE ctid = ANY (ARRAY(
    SELECT h.place FROM unnest(%(datastream_id)s, %(start)s, %(until)s) AS span (datastream_id, start, until)
    CROSS JOIN LATERAL (
        SELECT r.ctid AS place FROM things.rollup_hour AS r WHERE r.datastream_id = span.datastream_id
            AND r.start >= span.start AND r.start < span.until OFFSET 0) AS h));

-- name: held_hours
-- The hours of spans of `state` datastreams; a value counts from its time to the next reading, at most 7 days on. Where
-- the one before or the next lies in a file, what is noted of the file stands for it.
WITH reading AS (
    SELECT span.ord, span.datastream_id, span.start, span.until, o.phenomenon_time, o.slot, o.result, o.result_quality,
           lead(o.phenomenon_time) OVER (PARTITION BY span.ord ORDER BY o.phenomenon_time, o.slot) AS next_time
    FROM unnest(%(datastream_id)s, %(start)s, %(until)s) WITH ORDINALITY AS span (datastream_id, start, until, ord)
    CROSS JOIN LATERAL (
        (SELECT * FROM (
            (SELECT b.phenomenon_time, b.slot, b.result, b.result_quality FROM things.observation AS b
             WHERE b.datastream_id = span.datastream_id AND b.phenomenon_time < span.start
               AND b.phenomenon_time >= span.start - interval '7 days'
             ORDER BY b.phenomenon_time DESC, b.slot DESC LIMIT 1)
            UNION ALL
            (SELECT f.last_time, 0, f.last_result, NULL FROM things.archived AS f
             WHERE f.datastream_id = span.datastream_id AND f.state = 'away' AND f.last_time < span.start
               AND f.last_time >= span.start - interval '7 days')) AS before
         ORDER BY phenomenon_time DESC LIMIT 1)
        UNION ALL
        (SELECT w.phenomenon_time, w.slot, w.result, w.result_quality FROM things.observation AS w
         WHERE w.datastream_id = span.datastream_id AND w.phenomenon_time >= span.start
           AND w.phenomenon_time < span.until)
        UNION ALL
        (SELECT * FROM (
            (SELECT a.phenomenon_time, a.slot, a.result, a.result_quality FROM things.observation AS a
             WHERE a.datastream_id = span.datastream_id AND a.phenomenon_time >= span.until
               AND a.phenomenon_time <= span.until + interval '7 days'
             ORDER BY a.phenomenon_time, a.slot LIMIT 1)
            UNION ALL
            (SELECT f.first_time, 0, NULL, NULL FROM things.archived AS f
             WHERE f.datastream_id = span.datastream_id AND f.state = 'away' AND f.first_time >= span.until
               AND f.first_time <= span.until + interval '7 days')) AS after
         ORDER BY phenomenon_time LIMIT 1)
    ) AS o
), held AS (
    SELECT r.ord, r.datastream_id, hour.start, r.result, things.tame(r.result) AS tame,
           extract(epoch FROM least(r.next_time, hour.start + interval '1 hour')
                            - greatest(r.phenomenon_time, hour.start))::float8 AS seconds
    FROM reading AS r
    CROSS JOIN LATERAL generate_series(
        date_bin('1 hour', greatest(r.phenomenon_time, r.start), timestamptz 'epoch'),
        least(r.next_time, r.until) - interval '1 microsecond', interval '1 hour') AS hour (start)
    WHERE r.result IS NOT NULL AND r.next_time <= r.phenomenon_time + interval '7 days'
), weighed AS (
    SELECT h.ord, h.datastream_id, h.start, sum(h.seconds) AS weight, min(h.result) AS minimum, max(h.result) AS maximum,
           h.mean, sum(h.seconds * (h.tame - h.mean) ^ 2) AS m2
    FROM (SELECT *, sum(seconds * tame) OVER bucket / sum(seconds) OVER bucket AS mean
          FROM held WHERE seconds > 0 WINDOW bucket AS (PARTITION BY ord, start)) AS h
    GROUP BY h.ord, h.datastream_id, h.start, h.mean
), counted AS (
    SELECT o.ord, o.datastream_id, date_bin('1 hour', o.phenomenon_time, timestamptz 'epoch') AS start, {hour_aggregates}
    FROM reading AS o
    WHERE o.phenomenon_time >= o.start AND o.phenomenon_time < o.until
    GROUP BY 1, 2, 3
)
SELECT datastream_id, start, coalesce(c.n, 0) AS n, coalesce(c.rows, 0) AS rows, coalesce(c.good, 0) AS good,
       coalesce(w.mean, c.mean) AS mean, CASE WHEN w.weight IS NULL THEN c.m2 ELSE w.m2 END AS m2,
       least(c.minimum, w.minimum) AS minimum, greatest(c.maximum, w.maximum) AS maximum, c.first, c.last, c.first_time, c.last_time,
       coalesce(w.weight, 0) AS weight
FROM counted AS c FULL JOIN weighed AS w USING (ord, datastream_id, start);

-- name: fold_held_hours
-- Keep what the hours of spans of `state` datastreams come to.
INSERT INTO things.rollup_hour (datastream_id, start, n, rows, good, mean, m2, minimum, maximum, first, last,
                                first_time, last_time, weight)
{held_hours};

-- name: fold_days
-- Make the city's days that these spans touch from their hours.
WITH touched AS (
    SELECT DISTINCT span.datastream_id, day::timestamp AT TIME ZONE %(zone)s AS start,
           (day + interval '1 day')::timestamp AT TIME ZONE %(zone)s AS until
    FROM unnest(%(datastream_id)s, %(start)s, %(until)s) AS span (datastream_id, start, until)
    CROSS JOIN LATERAL generate_series(
        (span.start AT TIME ZONE %(zone)s)::date::timestamp,
        ((span.until - interval '1 microsecond') AT TIME ZONE %(zone)s)::date::timestamp, interval '1 day') AS day
), hour AS (
    SELECT touched.start AS day, h.*, coalesce(h.weight, h.n) AS share,
           sum(coalesce(h.weight, h.n) * h.mean) OVER same_day
             / nullif(sum(CASE WHEN h.mean IS NOT NULL THEN coalesce(h.weight, h.n) END) OVER same_day, 0) AS day_mean
    FROM touched CROSS JOIN LATERAL (
        SELECT * FROM things.rollup_hour AS r WHERE r.datastream_id = touched.datastream_id
            AND r.start >= touched.start AND r.start < touched.until OFFSET 0) AS h
    WINDOW same_day AS (PARTITION BY h.datastream_id, touched.start)
), gone AS (
    DELETE FROM things.rollup_day AS d USING touched
    WHERE d.datastream_id = touched.datastream_id AND d.start = touched.start
      AND (SELECT r.n FROM things.rollup_hour AS r WHERE r.datastream_id = touched.datastream_id
             AND r.start >= touched.start AND r.start < touched.until
           ORDER BY r.datastream_id, r.start LIMIT 1) IS NULL
)
INSERT INTO things.rollup_day AS d (datastream_id, start, n, rows, good, mean, m2, minimum, maximum, first, last,
                                    first_time, last_time, weight)
SELECT datastream_id, day, sum(n), sum(rows), sum(good), coalesce(min(day_mean), avg(mean)),
       sum(m2 + coalesce(share * (mean - day_mean) ^ 2, 0)), min(minimum), max(maximum),
       (array_agg(first ORDER BY start) FILTER (WHERE rows > 0))[1],
       (array_agg(last ORDER BY start) FILTER (WHERE rows > 0))[count(*) FILTER (WHERE rows > 0)],
       min(first_time), max(last_time), sum(weight)
FROM hour
GROUP BY datastream_id, day
ON CONFLICT (datastream_id, start) DO UPDATE
SET (n, rows, good, mean, m2, minimum, maximum, first, last, first_time, last_time, weight)
  = (excluded.n, excluded.rows, excluded.good, excluded.mean, excluded.m2, excluded.minimum, excluded.maximum,
     excluded.first, excluded.last, excluded.first_time, excluded.last_time, excluded.weight);

-- name: clear_days
-- Forget all days, for a city whose time zone changed.
DELETE FROM things.rollup_day;

-- name: hour_spans_of_all
-- The span of hours of each datastream.
SELECT datastream_id, min(start), max(start) + interval '1 hour' FROM things.rollup_hour GROUP BY 1;
