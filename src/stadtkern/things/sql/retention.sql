-- SPDX-License-Identifier: EUPL-1.2
-- Statements with {leaf} are directed at one partition.

-- name: aged_datastreams
-- Datastreams of a dataset with observations before an instant.
SELECT d.id FROM things.datastream AS d JOIN things.datastream_state AS s ON s.datastream_id = d.id
WHERE d.dataset_id = %(dataset_id)s AND s.first_time < %(until)s
ORDER BY d.id;

-- name: has_archive
-- Whether a dataset has months in files.
SELECT EXISTS (SELECT FROM things.archive_file WHERE dataset_id = %(dataset_id)s);

-- name: retire_span
-- Remove a span of a datastream from one partition and count the features it was about.
WITH gone AS (
    DELETE FROM {leaf}
    WHERE datastream_id = %(datastream_id)s AND phenomenon_time >= %(start)s AND phenomenon_time < %(until)s
    RETURNING feature_id
), features AS (
    UPDATE things.datastream_feature AS f SET n = f.n - g.n
    FROM (SELECT feature_id, count(*) AS n FROM gone WHERE feature_id IS NOT NULL GROUP BY 1) AS g
    WHERE f.datastream_id = %(datastream_id)s AND f.feature_id = g.feature_id
)
SELECT count(*) FROM gone;

-- name: retire_parts
-- Give up what a datastream has in files that end before an instant; says how much of it was only there, and counts
-- the features that was about.
WITH gone AS (
    DELETE FROM things.archived
    WHERE datastream_id = %(datastream_id)s AND things.month_end(month) <= %(until)s
    RETURNING state, rows, features
), features AS (
    UPDATE things.datastream_feature AS f SET n = f.n - g.n
    FROM (
        SELECT each.key::bigint AS feature_id, sum(each.value::bigint) AS n
        FROM gone CROSS JOIN jsonb_each_text(gone.features) AS each WHERE gone.state = 'away' GROUP BY 1) AS g
    WHERE f.datastream_id = %(datastream_id)s AND f.feature_id = g.feature_id
)
SELECT coalesce(sum(rows) FILTER (WHERE state = 'away'), 0)::bigint FROM gone;

-- name: clear_dataset
-- From now on observations before an instant may be missing, so nothing is computed from them any more.
UPDATE things.seal SET cleared = greatest(cleared, %(until)s) WHERE dataset_id = %(dataset_id)s;

-- name: large_partitions
-- Partitions of more than so many pages, by the name of the table.
SELECT c.relname FROM pg_inherits AS i JOIN pg_class AS c ON c.oid = i.inhrelid
WHERE i.inhparent = 'things.observation'::regclass AND c.relname ~ '^observation_\d{4}(_\d\d)?$'
  AND pg_relation_size(c.oid) / 8192 > %(pages)s
ORDER BY c.relname;

-- name: datasets_within
-- Which datasets have observations in one partition; NULL for datastreams that are deleted.
WITH RECURSIVE stream AS (
    (SELECT o.datastream_id FROM {leaf} AS o ORDER BY o.datastream_id LIMIT 1)
    UNION ALL
    SELECT (SELECT o.datastream_id FROM {leaf} AS o WHERE o.datastream_id > stream.datastream_id
            ORDER BY o.datastream_id LIMIT 1)
    FROM stream WHERE stream.datastream_id IS NOT NULL
)
SELECT DISTINCT d.dataset_id FROM stream LEFT JOIN things.datastream AS d ON d.id = stream.datastream_id
WHERE stream.datastream_id IS NOT NULL;

-- name: hold_states_of_datasets
-- Keep everybody from changing observations of these datasets.
SELECT s.datastream_id FROM things.datastream_state AS s JOIN things.datastream AS d ON d.id = s.datastream_id
WHERE d.dataset_id = ANY (%(datasets)s) ORDER BY s.datastream_id FOR NO KEY UPDATE OF s;

-- name: hold_partition
-- Wait for those who write into one partition, of any dataset, and keep them out; readers go on.
LOCK TABLE {leaf} IN SHARE ROW EXCLUSIVE MODE;

-- name: counts_within
-- How many observations each datastream has in one partition, by feature, and its dataset.
SELECT c.datastream_id, c.feature_id, c.n, d.dataset_id
FROM (SELECT datastream_id, feature_id, count(*) AS n FROM {leaf} GROUP BY 1, 2) AS c
LEFT JOIN things.datastream AS d ON d.id = c.datastream_id;

-- name: empty_partition
-- Remove all of one partition at once.
TRUNCATE {leaf};

-- name: uncount_states
-- Note that observations are gone.
UPDATE things.datastream_state AS s SET n = s.n - gone.n
FROM unnest(%(datastream_id)s::bigint[], %(n)s::bigint[]) AS gone (datastream_id, n)
WHERE s.datastream_id = gone.datastream_id;

-- name: retire_rollups
-- Remove hours before an instant, and days that end before it.
WITH hours AS (DELETE FROM things.rollup_hour WHERE datastream_id = %(datastream_id)s AND start < %(until)s)
DELETE FROM things.rollup_day
WHERE datastream_id = %(datastream_id)s AND start <= %(until)s::timestamptz - interval '1 day';

-- name: rollups_before
-- Datastreams of a dataset with rollups before an instant.
SELECT d.id FROM things.datastream AS d WHERE d.dataset_id = %(dataset_id)s AND (
    EXISTS (SELECT FROM things.rollup_hour AS h WHERE h.datastream_id = d.id AND h.start < %(until)s)
    OR EXISTS (SELECT FROM things.rollup_day AS y WHERE y.datastream_id = d.id
               AND y.start <= %(until)s::timestamptz - interval '1 day'))
ORDER BY d.id;

-- name: datasets_with_months
-- Datasets that may have months to write: those with datastreams, and those whose files are stale.
SELECT DISTINCT d.dataset_id FROM things.datastream AS d
UNION
SELECT f.dataset_id FROM things.archive_file AS f WHERE f.stale;
