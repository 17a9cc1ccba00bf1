-- SPDX-License-Identifier: EUPL-1.2
-- What a datastream says of its observations: the area they are about, and the spans of their times.

-- name: shrink_result_times
-- Find the range of result times anew where rows that made it up were replaced.
UPDATE things.datastream_state AS s
SET (result_time_first, result_time_last) = (
    SELECT min(first), max(last) FROM (
        SELECT min(o.result_time), max(o.result_time) FROM things.observation AS o
        WHERE o.datastream_id = s.datastream_id
        UNION ALL
        SELECT min(a.result_time_first), max(a.result_time_last) FROM things.archived AS a
        WHERE a.datastream_id = s.datastream_id AND a.state = 'away') AS span (first, last))
FROM unnest(%(datastream_id)s::bigint[], %(old_first)s::timestamptz[], %(old_last)s::timestamptz[],
            %(new_first)s::timestamptz[], %(new_last)s::timestamptz[])
    AS d (datastream_id, old_first, old_last, new_first, new_last)
WHERE s.datastream_id = d.datastream_id
  AND (s.result_time_first = d.old_first AND (d.new_first = d.old_first) IS NOT TRUE
       OR s.result_time_last = d.old_last AND (d.new_last = d.old_last) IS NOT TRUE);

-- name: shrink_end_times
-- Find the latest end anew where the row that had it was replaced or is gone; none reaches farther than the longest.
UPDATE things.datastream_state AS s
SET end_time = (
    SELECT max(latest) FROM (
        SELECT max(coalesce(o.phenomenon_end, o.phenomenon_time)) FROM things.observation AS o
        WHERE o.datastream_id = s.datastream_id
          AND o.phenomenon_time >= s.last_time - coalesce(s.longest, interval '0')
        UNION ALL
        SELECT max(coalesce(a.end_time, a.last_time)) FROM things.archived AS a
        WHERE a.datastream_id = s.datastream_id AND a.state = 'away') AS span (latest))
FROM unnest(%(datastream_id)s::bigint[], %(old_end)s::timestamptz[]) AS d (datastream_id, old_end)
WHERE s.datastream_id = d.datastream_id AND s.end_time <= d.old_end;

-- name: hold_features
-- Whoever deletes a feature waits for those who refer to it, before it looks for the last time.
SELECT pg_advisory_xact_lock_shared(1398033742);

-- name: count_features
-- Keep count of which features the observations are about; one that is new to a datastream is there and widens its area.
-- OFFSET 0 holds the planner to one index probe per new feature, however many there are.
WITH counted AS (
    INSERT INTO things.datastream_feature AS k (datastream_id, feature_id, n)
    SELECT * FROM unnest(%(datastream_id)s::bigint[], %(feature_id)s::bigint[], %(n)s::bigint[])
    ON CONFLICT (datastream_id, feature_id) DO UPDATE SET n = k.n + excluded.n
    RETURNING k.datastream_id, k.feature_id, xmax = 0 AND k.n > 0 AS fresh
)
UPDATE things.datastream_state AS s SET area = coalesce(bound_box(s.area, g.area), g.area)
FROM (
    SELECT c.datastream_id, things.box_around(max((f.bounds[0])[0]), max((f.bounds[0])[1]),
                                              min((f.bounds[1])[0]), min((f.bounds[1])[1])) AS area
    FROM counted AS c LEFT JOIN LATERAL (
        SELECT id, bounds FROM things.feature_of_interest WHERE id = c.feature_id OFFSET 0) AS f ON true
    WHERE c.fresh AND CASE WHEN f.id IS NULL THEN things.refuse_features(c.feature_id) ELSE f.bounds IS NOT NULL END
    GROUP BY c.datastream_id) AS g
WHERE s.datastream_id = g.datastream_id AND (s.area @> g.area) IS NOT TRUE;

-- name: settle_features
-- Have these locked datastreams count all of their observations with the features, before some are taken away.
SELECT things.settle_features(%(ids)s);

-- name: drop_uncounted_features
-- Forget features that no observation of these datastreams is about any more; areas they bordered are found anew.
WITH gone AS (
    DELETE FROM things.datastream_feature WHERE datastream_id = ANY (%(ids)s) AND n <= 0
    RETURNING datastream_id, feature_id
)
UPDATE things.datastream_state AS s
SET area = (
    SELECT things.box_around(max((f.bounds[0])[0]), max((f.bounds[0])[1]),
                             min((f.bounds[1])[0]), min((f.bounds[1])[1]))
    FROM things.datastream_feature AS k JOIN things.feature_of_interest AS f ON f.id = k.feature_id
    WHERE k.datastream_id = s.datastream_id AND k.n > 0)
WHERE s.area IS NOT NULL AND s.datastream_id IN (
    SELECT g.datastream_id FROM gone AS g LEFT JOIN things.feature_of_interest AS f ON f.id = g.feature_id
    WHERE f.id IS NULL OR (f.bounds[0])[0] >= (s.area[0])[0] OR (f.bounds[0])[1] >= (s.area[0])[1]
       OR (f.bounds[1])[0] <= (s.area[1])[0] OR (f.bounds[1])[1] <= (s.area[1])[1]);

-- name: hold_states_of_feature
-- Keep everybody from changing observations of datastreams that a feature belongs to, in the order in which they come.
SELECT s.datastream_id FROM things.datastream_state AS s
WHERE s.datastream_id IN (SELECT k.datastream_id FROM things.datastream_feature AS k WHERE k.feature_id = %(feature_id)s)
ORDER BY s.datastream_id FOR NO KEY UPDATE OF s;

-- name: find_areas
-- Find the areas of datastreams anew that a feature belongs to.
UPDATE things.datastream_state AS s
SET area = (
    SELECT things.box_around(max((f.bounds[0])[0]), max((f.bounds[0])[1]),
                             min((f.bounds[1])[0]), min((f.bounds[1])[1]))
    FROM things.datastream_feature AS k JOIN things.feature_of_interest AS f ON f.id = k.feature_id
    WHERE k.datastream_id = s.datastream_id AND k.n > 0)
WHERE s.datastream_id IN (SELECT k.datastream_id FROM things.datastream_feature AS k WHERE k.feature_id = %(feature_id)s);
