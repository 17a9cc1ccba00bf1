-- SPDX-License-Identifier: EUPL-1.2
-- Statements with {leaf} are directed at one partition.

-- name: archive_round
-- Only one process at a time writes, loads or drops files of the archive.
SELECT pg_try_advisory_lock(1398033750);

-- name: end_archive_round
-- Let others.
SELECT pg_advisory_unlock(1398033750);

-- name: change_files
-- Only while no backup copies the files.
SELECT pg_try_advisory_lock(1398033751);

-- name: end_change_files
-- Let backups begin.
SELECT pg_advisory_unlock(1398033751);

-- name: keep_files
-- Wait until nobody changes files, and keep everybody from it until the connection ends.
SELECT pg_advisory_lock_shared(1398033751);

-- name: months_due
-- Months of a dataset that ended before an instant and are not in a file as they are now.
WITH span AS (
    SELECT things.month_of(min(s.first_time)) AS first, things.month_of(max(s.last_time)) AS last
    FROM things.datastream_state AS s JOIN things.datastream AS d ON d.id = s.datastream_id
    WHERE d.dataset_id = %(dataset_id)s AND s.n > 0
), month AS (
    SELECT each::date AS month FROM span, generate_series(span.first::timestamp, span.last::timestamp, '1 month') AS each
)
SELECT m.month FROM month AS m
LEFT JOIN things.archive_file AS f ON f.dataset_id = %(dataset_id)s AND f.month = m.month
WHERE things.month_end(m.month) <= %(until)s::timestamptz
  AND NOT EXISTS (SELECT FROM things.seal AS s WHERE s.dataset_id = %(dataset_id)s AND s.gone >= things.month_end(m.month))
  AND (EXISTS (
      SELECT FROM things.archived AS a JOIN things.datastream AS d ON d.id = a.datastream_id
      WHERE d.dataset_id = %(dataset_id)s AND a.month = m.month
        AND (a.state = 'closing' OR (a.state = 'open' AND a.used_at < %(open)s)))
    OR EXISTS (
      SELECT FROM things.datastream AS d
      WHERE d.dataset_id = %(dataset_id)s
        AND NOT EXISTS (SELECT FROM things.archived AS a WHERE a.datastream_id = d.id AND a.month = m.month)
        AND EXISTS (SELECT FROM things.observation AS o WHERE o.datastream_id = d.id
                    AND o.phenomenon_time >= things.month_start(m.month)
                    AND o.phenomenon_time < things.month_end(m.month))))
UNION
SELECT f.month FROM things.archive_file AS f WHERE f.dataset_id = %(dataset_id)s AND f.stale
ORDER BY 1;

-- name: month_contents
-- What each datastream of a dataset has of a month in one partition.
SELECT part.datastream_id, part.n, part.first_time, part.last_time, part.result_time_first, part.result_time_last,
       part.end_time, (
           SELECT o.result FROM {leaf} AS o
           WHERE o.datastream_id = part.datastream_id AND o.phenomenon_time = part.last_time
           ORDER BY o.slot DESC LIMIT 1), part.features::text
FROM (
    SELECT datastream_id, sum(n)::bigint AS n, min(first_time) AS first_time, max(last_time) AS last_time,
           min(result_time_first) AS result_time_first, max(result_time_last) AS result_time_last,
           max(end_time) AS end_time, jsonb_object_agg(feature_id, n) FILTER (WHERE feature_id IS NOT NULL) AS features
    FROM (
        SELECT o.datastream_id, o.feature_id, count(*), min(o.phenomenon_time), max(o.phenomenon_time),
               min(o.result_time), max(o.result_time), max(coalesce(o.phenomenon_end, o.phenomenon_time))
        FROM {leaf} AS o JOIN things.datastream AS d ON d.id = o.datastream_id
        WHERE d.dataset_id = %(dataset_id)s
          AND o.phenomenon_time >= things.month_start(%(month)s) AND o.phenomenon_time < things.month_end(%(month)s)
        GROUP BY 1, 2
    ) AS c (datastream_id, feature_id, n, first_time, last_time, result_time_first, result_time_last, end_time)
    GROUP BY datastream_id
) AS part
ORDER BY part.datastream_id;

-- name: parts_of_month
-- What the datastreams of a dataset have in the file of a month.
SELECT a.datastream_id, a.state, a.used_at
FROM things.archived AS a JOIN things.datastream AS d ON d.id = a.datastream_id
WHERE d.dataset_id = %(dataset_id)s AND a.month = %(month)s ORDER BY a.datastream_id;

-- name: close_parts
-- Take nothing more into these parts.
INSERT INTO things.archived AS a (datastream_id, month, state, rows, first_time, last_time)
SELECT unnest(%(ids)s::bigint[]), %(month)s, 'closing', 0, things.month_start(%(month)s), things.month_start(%(month)s)
ON CONFLICT (datastream_id, month) DO UPDATE SET state = 'closing' WHERE a.state = 'open';

-- name: hold_parts
-- Keep these parts from being deleted; those that are not answered for are gone already.
SELECT datastream_id FROM things.archived WHERE datastream_id = ANY (%(ids)s) AND month = %(month)s
ORDER BY datastream_id FOR UPDATE;

-- name: keep_parts
-- Note what is in the file and in the table.
UPDATE things.archived AS a
SET state = 'here', rows = p.rows, first_time = p.first_time, last_time = p.last_time,
    result_time_first = p.result_time_first, result_time_last = p.result_time_last,
    end_time = p.end_time, last_result = p.last_result, features = p.features::jsonb
FROM unnest(%(ids)s::bigint[], %(rows)s::bigint[], %(first_time)s::timestamptz[], %(last_time)s::timestamptz[],
            %(result_time_first)s::timestamptz[], %(result_time_last)s::timestamptz[], %(end_time)s::timestamptz[],
            %(last_result)s::float8[], %(features)s::text[])
    AS p (datastream_id, rows, first_time, last_time, result_time_first, result_time_last, end_time, last_result,
          features)
WHERE a.datastream_id = p.datastream_id AND a.month = %(month)s AND a.state = 'closing';

-- name: drop_empty_parts
-- Forget parts in which nothing is left.
DELETE FROM things.archived AS a USING things.datastream AS d
WHERE d.id = a.datastream_id AND d.dataset_id = %(dataset_id)s AND a.month = %(month)s AND a.state = 'closing';

-- name: keep_file
-- Note the file of a month.
INSERT INTO things.archive_file AS f (dataset_id, month, generation, path, rows, bytes, sha256, first_time, last_time,
                                      moved, stale)
VALUES (%(dataset_id)s, %(month)s, %(generation)s, %(path)s, %(rows)s, %(bytes)s, %(sha256)s, %(first_time)s,
        %(last_time)s, %(moved)s, %(stale)s)
ON CONFLICT (dataset_id, month) DO UPDATE
SET generation = excluded.generation, path = excluded.path, rows = excluded.rows, bytes = excluded.bytes,
    sha256 = excluded.sha256, first_time = excluded.first_time, last_time = excluded.last_time, stale = excluded.stale,
    moved = excluded.moved, written_at = now();

-- name: drop_file
-- Forget the file of a month.
DELETE FROM things.archive_file WHERE dataset_id = %(dataset_id)s AND month = %(month)s;

-- name: note_archive
-- Have readers of a dataset look into the archive before an instant.
INSERT INTO core.absence AS a (kind, id, until) VALUES ('archive', %(dataset_id)s, things.month_end(%(month)s))
ON CONFLICT (kind, id) DO UPDATE SET until = excluded.until WHERE a.until < excluded.until;

-- name: files
-- All files of the archive.
SELECT f.dataset_id, d.key, f.month, f.generation, f.path, f.rows, f.bytes, f.sha256, f.stale, f.written_at
FROM things.archive_file AS f JOIN core.dataset AS d ON d.id = f.dataset_id ORDER BY d.key, f.month;

-- name: file_of_part
-- The file in which a datastream's month lies.
SELECT f.path FROM things.archive_file AS f JOIN things.datastream AS d ON d.dataset_id = f.dataset_id
WHERE d.id = %(datastream_id)s AND f.month = %(month)s;

-- name: expired_files
-- Files of months that a dataset no longer keeps.
SELECT f.dataset_id, f.month, f.path FROM things.archive_file AS f
JOIN things.seal AS s ON s.dataset_id = f.dataset_id WHERE things.month_end(f.month) <= s.cleared;

-- name: hold_part
-- One part, held against others.
SELECT a.state, a.rows, a.last_time, s.last_time FROM things.archived AS a
JOIN things.datastream_state AS s ON s.datastream_id = a.datastream_id
WHERE a.datastream_id = %(datastream_id)s AND a.month = %(month)s FOR UPDATE OF a;

-- name: set_part
-- Say where a part is.
UPDATE things.archived SET state = %(state)s, used_at = now()
WHERE datastream_id = %(datastream_id)s AND month = %(month)s;

-- name: restore_rows
-- Put observations back from a file.
INSERT INTO {leaf} (datastream_id, phenomenon_time, slot, id, phenomenon_end, result, result_json, result_time,
                    valid_time, result_quality, feature_id, parameters)
SELECT datastream_id, phenomenon_time, slot, id, phenomenon_end, result, result_json::jsonb, result_time,
       CASE WHEN valid_from IS NOT NULL
            THEN tstzrange(valid_from, valid_until, CASE WHEN valid_from = valid_until THEN '[]' ELSE '[)' END) END,
       result_quality::jsonb, feature_id, parameters::jsonb
FROM unnest(%(datastream_id)s::bigint[], %(phenomenon_time)s::timestamptz[], %(slot)s::bigint[], %(id)s::bigint[],
            %(phenomenon_end)s::timestamptz[], %(result)s::float8[], %(result_json)s::text[],
            %(result_time)s::timestamptz[], %(valid_from)s::timestamptz[], %(valid_until)s::timestamptz[],
            %(result_quality)s::text[], %(feature_id)s::bigint[], %(parameters)s::text[])
    AS row (datastream_id, phenomenon_time, slot, id, phenomenon_end, result, result_json, result_time, valid_from,
            valid_until, result_quality, feature_id, parameters);

-- name: read_part
-- A datastream's month as it goes into a file.
SELECT datastream_id, phenomenon_time, phenomenon_end, slot, id, result, result_json::text, result_time,
       lower(valid_time), upper(valid_time), result_quality::text, feature_id, parameters::text
FROM {leaf}
WHERE datastream_id = %(datastream_id)s AND phenomenon_time >= things.month_start(%(month)s)
  AND phenomenon_time < things.month_end(%(month)s)
ORDER BY phenomenon_time, slot;

-- name: clear_part
-- Remove a datastream's month from the table.
DELETE FROM {leaf}
WHERE datastream_id = %(datastream_id)s AND phenomenon_time >= things.month_start(%(month)s)
  AND phenomenon_time < things.month_end(%(month)s);

-- name: evictable
-- Parts that are in a file and in the table, the least recently used first.
SELECT a.datastream_id, a.month, a.rows FROM things.archived AS a
JOIN things.datastream_state AS s ON s.datastream_id = a.datastream_id
WHERE a.state = 'here' AND a.used_at < now() - %(age)s::interval AND s.last_time >= things.month_end(a.month)
ORDER BY a.used_at, a.datastream_id, a.month;

-- name: cached_rows
-- How many observations are in files and in the table.
SELECT coalesce(sum(rows), 0)::bigint FROM things.archived WHERE state = 'here';

-- name: open_month
-- Let a month of a dataset be written to again; its parts must be in the table.
UPDATE things.archived AS a SET state = 'open', used_at = now() FROM things.datastream AS d
WHERE d.id = a.datastream_id AND d.dataset_id = %(dataset_id)s AND a.month = %(month)s AND a.state = 'here';

-- name: wish_parts
-- Ask for parts that are away.
INSERT INTO things.archive_wish (datastream_id, month) SELECT * FROM unnest(%(ids)s::bigint[], %(months)s::date[])
RETURNING id;

-- name: wish_observation
-- Ask for the part in which an observation lies.
INSERT INTO things.archive_wish (month, observation_id, datasets)
VALUES (%(month)s, %(observation_id)s, %(datasets)s) RETURNING id;

-- name: wake_archive
-- Tell the worker.
SELECT pg_notify('things_archive', '');

-- name: wishes_left
-- How many of these wishes are not fulfilled yet.
SELECT count(*) FROM things.archive_wish WHERE id = ANY (%(ids)s);

-- name: wishes_waiting
-- How many wishes there are.
SELECT count(*) FROM things.archive_wish;

-- name: take_wishes
-- The oldest wishes.
SELECT id, datastream_id, month, observation_id, datasets FROM things.archive_wish ORDER BY id LIMIT %(limit)s;

-- name: end_wishes
-- These are done, whatever came of them.
DELETE FROM things.archive_wish WHERE id = ANY (%(ids)s);

-- name: forget_old_wishes
-- Whoever wished this waits no longer.
DELETE FROM things.archive_wish WHERE wished_at < now() - interval '10 minutes';

-- name: files_with_observation
-- Files in which an observation may lie, of the datasets given.
SELECT path, month FROM things.archive_file
WHERE (month = %(month)s OR %(observation_id)s = ANY (moved)) AND dataset_id = ANY (%(datasets)s) ORDER BY dataset_id;

-- name: away_parts
-- What these datastreams have only in files, within a span.
SELECT datastream_id, month, rows FROM things.archived
WHERE datastream_id = ANY (%(ids)s) AND state = 'away' AND last_time >= %(low)s AND first_time <= %(high)s
ORDER BY (month - date '2000-01-01') * CASE WHEN %(descending)s THEN -1 ELSE 1 END, datastream_id LIMIT %(limit)s;

-- name: away_everywhere
-- What all datastreams of these datasets, and these single ones, have only in files, within a span.
SELECT a.datastream_id, a.month, a.rows FROM things.archived AS a
JOIN things.datastream AS d ON d.id = a.datastream_id
WHERE (d.dataset_id = ANY (%(datasets)s)
       OR (d.dataset_id, d.id) IN (SELECT * FROM unnest(%(owners)s::bigint[], %(streams)s::bigint[])))
  AND a.state = 'away' AND a.last_time >= %(low)s AND a.first_time <= %(high)s
ORDER BY (a.month - date '2000-01-01') * CASE WHEN %(descending)s THEN -1 ELSE 1 END, a.datastream_id LIMIT %(limit)s;

-- name: away_in_order
-- The same in the order of the key, from one datastream's instant on, of all datastreams or only some.
SELECT a.datastream_id, a.month, a.rows FROM things.archived AS a
JOIN things.datastream AS d ON d.id = a.datastream_id
WHERE (d.dataset_id = ANY (%(datasets)s)
       OR (d.dataset_id, d.id) IN (SELECT * FROM unnest(%(owners)s::bigint[], %(streams)s::bigint[])))
  AND a.state = 'away' AND a.last_time >= %(low)s AND a.first_time <= %(high)s
  AND (a.datastream_id, a.last_time) >= (%(stream)s, %(time)s::timestamptz)
  AND (%(only)s::bigint[] IS NULL OR a.datastream_id = ANY (%(only)s::bigint[]))
ORDER BY a.datastream_id, a.month LIMIT %(limit)s;

-- name: away_with_features
-- What the same have of some features only in files, within a span; older parts do not say of which.
SELECT a.datastream_id, a.month, a.rows FROM things.archived AS a
JOIN things.datastream AS d ON d.id = a.datastream_id
WHERE (d.dataset_id = ANY (%(datasets)s)
       OR (d.dataset_id, d.id) IN (SELECT * FROM unnest(%(owners)s::bigint[], %(streams)s::bigint[])))
  AND a.state = 'away' AND a.last_time >= %(low)s AND a.first_time <= %(high)s
  AND (a.features IS NULL OR a.features ?| %(ids)s::bigint[]::text[])
  AND EXISTS (SELECT FROM things.datastream_feature AS k WHERE k.datastream_id = d.id AND k.feature_id = ANY (%(ids)s))
ORDER BY (a.month - date '2000-01-01') * CASE WHEN %(descending)s THEN -1 ELSE 1 END, a.datastream_id LIMIT %(limit)s;

-- name: rows_here
-- How many observations of these datastreams are in the table.
SELECT s.datastream_id, s.n - coalesce((
    SELECT sum(a.rows) FROM things.archived AS a WHERE a.datastream_id = s.datastream_id AND a.state = 'away'), 0)::bigint
FROM things.datastream_state AS s WHERE s.datastream_id = ANY (%(ids)s);

-- name: newest_away
-- The newest month that is only in a file, where that is newer than what the state says.
SELECT a.month FROM things.archived AS a JOIN things.datastream_state AS s ON s.datastream_id = a.datastream_id
WHERE a.datastream_id = %(datastream_id)s AND a.state = 'away'
  AND (s.last_time IS NULL OR a.last_time > s.last_time)
ORDER BY a.month DESC LIMIT 1;

-- name: may_hold_observation
-- Whether a file of these datasets may hold an observation.
SELECT EXISTS (SELECT FROM things.archive_file
    WHERE (month = %(month)s OR %(observation_id)s = ANY (moved)) AND dataset_id = ANY (%(datasets)s));

-- name: away_in_month
-- What these datastreams have only in the files of a month.
SELECT datastream_id, month, rows FROM things.archived
WHERE datastream_id = ANY (%(ids)s) AND month = %(month)s AND state = 'away' ORDER BY datastream_id LIMIT 60;
