-- SPDX-License-Identifier: EUPL-1.2
-- Statements with {leaf} are directed at one partition.

-- name: find_in_partition
-- An observation in the month in which it was created.
SELECT datastream_id, phenomenon_time, slot, phenomenon_end, result, result_json, result_time, valid_time,
       result_quality, feature_id, parameters
FROM {leaf} WHERE id = %(id)s;

-- name: find_some_in_partition
-- Some of the observations that were created in a month.
SELECT id, datastream_id, phenomenon_time, slot, phenomenon_end, result, result_json, result_time, valid_time,
       result_quality, feature_id, parameters
FROM {leaf} WHERE id = ANY (%(ids)s);

-- name: find_anywhere
-- An observation whose time was changed after it was created.
SELECT datastream_id, phenomenon_time, slot, phenomenon_end, result, result_json, result_time, valid_time,
       result_quality, feature_id, parameters
FROM things.observation WHERE id = %(id)s;

-- name: update_observation
-- Change an observation that stays at its time.
UPDATE {leaf}
SET phenomenon_end = %(phenomenon_end)s, result = %(result)s, result_json = %(result_json)s,
    result_time = %(result_time)s, valid_time = %(valid_time)s, result_quality = %(result_quality)s,
    feature_id = %(feature_id)s, parameters = %(parameters)s
WHERE datastream_id = %(datastream_id)s AND phenomenon_time = %(phenomenon_time)s AND slot = %(slot)s;

-- name: place_observation
-- Store an observation, with the id it has, at another time; returns its slot there.
INSERT INTO {leaf} (datastream_id, phenomenon_time, slot, id, phenomenon_end, result, result_json, result_time,
                    valid_time, result_quality, feature_id, parameters)
VALUES (%(datastream_id)s, %(phenomenon_time)s,
        (SELECT coalesce(max(slot) + 1, 0) FROM {leaf}
         WHERE datastream_id = %(datastream_id)s AND phenomenon_time = %(phenomenon_time)s),
        %(id)s, %(phenomenon_end)s, %(result)s, %(result_json)s, %(result_time)s,
        %(valid_time)s, %(result_quality)s, %(feature_id)s, %(parameters)s)
RETURNING slot;

-- name: delete_observation
-- Remove one observation.
DELETE FROM {leaf}
WHERE datastream_id = %(datastream_id)s AND phenomenon_time = %(phenomenon_time)s AND slot = %(slot)s;

-- name: delete_some
-- Remove observations of locked datastreams.
DELETE FROM {leaf} AS o
USING unnest(%(streams)s::bigint[], %(times)s::timestamptz[], %(slots)s::smallint[]) AS gone (stream, at, slot)
WHERE o.datastream_id = gone.stream AND o.phenomenon_time = gone.at AND o.slot = gone.slot;

-- name: count_change
-- Change the number of observations, and widen the range of result times and the last end.
UPDATE things.datastream_state
SET n = n + %(difference)s,
    result_time_first = least(result_time_first, %(result_time)s::timestamptz),
    result_time_last = greatest(result_time_last, %(result_time)s::timestamptz),
    end_time = greatest(end_time, %(end_time)s::timestamptz),
    longest = greatest(longest, %(length)s::interval)
WHERE datastream_id = %(datastream_id)s
RETURNING first_time, last_time, result_time_first, result_time_last;

-- name: find_ends
-- Find the first and the newest observation of a datastream anew; the first may lie in a file, the newest never.
UPDATE things.datastream_state AS s
SET first_time = least((
        SELECT o.phenomenon_time FROM things.observation AS o WHERE o.datastream_id = %(datastream_id)s
        ORDER BY o.phenomenon_time LIMIT 1), (
        SELECT min(a.first_time) FROM things.archived AS a
        WHERE a.datastream_id = %(datastream_id)s AND a.state = 'away')),
    (last_time, last_end, last_id, last_slot, last_result, last_result_json) = (
        SELECT o.phenomenon_time, o.phenomenon_end, o.id, o.slot, o.result, o.result_json
        FROM things.observation AS o WHERE o.datastream_id = %(datastream_id)s
        ORDER BY o.phenomenon_time DESC, o.slot DESC LIMIT 1)
WHERE s.datastream_id = %(datastream_id)s;

-- name: find_result_times
-- Find the range of result times of a datastream anew.
UPDATE things.datastream_state AS s
SET (result_time_first, result_time_last) = (
    SELECT min(first), max(last) FROM (
        SELECT min(o.result_time), max(o.result_time) FROM things.observation AS o
        WHERE o.datastream_id = %(datastream_id)s
        UNION ALL
        SELECT min(a.result_time_first), max(a.result_time_last) FROM things.archived AS a
        WHERE a.datastream_id = %(datastream_id)s AND a.state = 'away') AS span (first, last))
WHERE s.datastream_id = %(datastream_id)s;

-- name: hold_datastreams
-- Keep others from opening a state for these datastreams while they are deleted.
SELECT id FROM things.datastream WHERE id = ANY (%(ids)s) ORDER BY id FOR UPDATE;

-- name: mark_histories
-- Have all buckets of datastreams computed anew.
INSERT INTO things.rollup_dirty (datastream_id, start, until)
SELECT datastream_id, date_trunc('hour', first_time), date_trunc('hour', last_time) + interval '1 hour'
FROM things.datastream_state WHERE datastream_id = ANY (%(ids)s) AND n > 0;
