-- SPDX-License-Identifier: EUPL-1.2
-- Statements with {leaf} are directed at one partition.

-- name: dispose_datastreams
-- Remove the states, where writers wait and then see that the datastream is gone, and promise the rest.
WITH state AS (
    DELETE FROM things.datastream_state WHERE datastream_id = ANY (%(ids)s) RETURNING datastream_id, n
), watched AS (
    DELETE FROM things.watch WHERE datastream_id = ANY (%(ids)s)
)
INSERT INTO things.disposal (datastream_id, rows) SELECT datastream_id, n FROM state ORDER BY datastream_id
RETURNING datastream_id;

-- name: hold_all_parts
-- Wait for a file that is being registered, so that it is found when these parts are dropped.
SELECT FROM things.archived WHERE datastream_id = ANY (%(ids)s) ORDER BY datastream_id, month FOR UPDATE;

-- name: drop_parts
-- What these datastreams have in files must go from there, too: the files are written anew.
WITH gone AS (
    DELETE FROM things.archived WHERE datastream_id = ANY (%(ids)s) RETURNING datastream_id, month
)
UPDATE things.archive_file AS f SET stale = true FROM gone JOIN things.datastream AS d ON d.id = gone.datastream_id
WHERE f.dataset_id = d.dataset_id AND f.month = gone.month;

-- name: dispose_features
-- Promise to remove the observations of a feature from these datastreams.
INSERT INTO things.disposal (datastream_id, feature_id, rows)
SELECT datastream_id, feature_id, n FROM things.feature_count
WHERE feature_id = %(feature_id)s AND datastream_id = ANY (%(ids)s) ORDER BY datastream_id
RETURNING datastream_id;

-- name: withdraw
-- Let nobody see the observations of these any more.
INSERT INTO core.absence (kind, id) SELECT %(kind)s, unnest(%(ids)s::bigint[]) ON CONFLICT DO NOTHING;

-- name: wake_disposal
-- Tell the worker once the transaction commits.
SELECT pg_notify('things_disposal', '');

-- name: rows_of_datastreams
-- How many observations these datastreams have together.
SELECT coalesce(sum(n), 0)::bigint FROM things.datastream_state WHERE datastream_id = ANY (%(ids)s);

-- name: disposals_before_files
-- Jobs that have come to a month that is only in a file.
SELECT d.id, d.datastream_id, a.month FROM things.disposal AS d
JOIN things.archived AS a ON a.datastream_id = d.datastream_id AND a.month = things.month_of(d.reached)
WHERE d.feature_id IS NOT NULL AND a.state = 'away';

-- name: next_away
-- Where the next month begins of which a datastream has something only in a file.
SELECT things.month_start(min(month)) FROM things.archived
WHERE datastream_id = ANY (%(ids)s) AND state = 'away' AND things.month_end(month) > %(reached)s;

-- name: take_disposals
-- The oldest jobs except these; other workers skip what we hold.
SELECT id, datastream_id, feature_id, rows - removed, reached FROM things.disposal
WHERE id <> ALL (%(blocked)s::bigint[]) ORDER BY id LIMIT %(limit)s FOR UPDATE SKIP LOCKED;

-- name: disposals_waiting
-- Jobs that are left, and about how many observations they cover.
SELECT count(*), coalesce(sum(greatest(rows - removed, 0)), 0)::bigint FROM things.disposal;

-- name: first_behind
-- Where the next observation of a datastream lies.
SELECT o.phenomenon_time FROM things.observation AS o
WHERE o.datastream_id = %(datastream_id)s AND o.phenomenon_time >= %(reached)s
ORDER BY o.phenomenon_time LIMIT 1;

-- name: end_of_chunk
-- The time behind so many observations of a datastream in one partition.
SELECT o.phenomenon_time FROM {leaf} AS o
WHERE o.datastream_id = %(datastream_id)s AND o.phenomenon_time >= %(start)s AND o.phenomenon_time < %(until)s
ORDER BY o.phenomenon_time OFFSET %(size)s LIMIT 1;

-- name: delete_span
-- Remove a span of a datastream from one partition.
DELETE FROM {leaf}
WHERE datastream_id = %(datastream_id)s AND phenomenon_time >= %(start)s AND phenomenon_time < %(until)s;

-- name: delete_span_of_feature
-- Remove a feature's observations in a span of a datastream from one partition.
DELETE FROM {leaf}
WHERE datastream_id = %(datastream_id)s AND phenomenon_time >= %(start)s AND phenomenon_time < %(until)s
  AND feature_id = %(feature_id)s
RETURNING phenomenon_time;

-- name: delete_histories
-- Remove all observations of datastreams that have few.
DELETE FROM things.observation WHERE datastream_id = ANY (%(ids)s);

-- name: advance_disposal
-- Note how far a job has come.
UPDATE things.disposal SET removed = removed + %(removed)s, reached = %(reached)s WHERE id = %(id)s;

-- name: delete_traces
-- Remove all that was derived from observations of datastreams.
WITH hours AS (DELETE FROM things.rollup_hour WHERE datastream_id = ANY (%(ids)s)),
     days AS (DELETE FROM things.rollup_day WHERE datastream_id = ANY (%(ids)s)),
     marks AS (DELETE FROM things.rollup_dirty WHERE datastream_id = ANY (%(ids)s)),
     queued AS (DELETE FROM things.watch_queue WHERE datastream_id = ANY (%(ids)s))
DELETE FROM things.datastream_feature WHERE datastream_id = ANY (%(ids)s);

-- name: forget_feature
-- Count none of a feature's observations in these datastreams any more.
UPDATE things.datastream_feature SET n = 0 WHERE datastream_id = ANY (%(ids)s) AND feature_id = %(feature_id)s;

-- name: feature_is_disposed_of
-- Whether observations of a feature are being removed bit by bit from a datastream.
SELECT EXISTS (SELECT FROM things.disposal WHERE feature_id = %(feature_id)s AND datastream_id = %(datastream_id)s);

-- name: end_disposals
-- Jobs that are done.
DELETE FROM things.disposal WHERE id = ANY (%(ids)s);

-- name: datastreams_removed
-- Nobody needs to be told of these datastreams any more.
DELETE FROM core.absence WHERE kind = 'datastream' AND id = ANY (%(ids)s);

-- name: feature_removed
-- Nobody needs to be told of a feature without jobs any more.
DELETE FROM core.absence WHERE kind = 'feature' AND id = %(feature_id)s
AND NOT EXISTS (SELECT FROM things.disposal WHERE feature_id = %(feature_id)s);
