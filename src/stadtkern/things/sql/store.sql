-- SPDX-License-Identifier: EUPL-1.2
-- Statements with {leaf} are directed at one partition; {incoming_rows} stands for the piece of that name.

-- name: existing_partitions
-- Which of these partitions are there.
SELECT key FROM unnest(%(keys)s::bigint[], %(names)s::text[]) AS wanted (key, name) WHERE to_regclass(name) IS NOT NULL;

-- name: attach_partition
-- Make the partition that holds an instant, given in microseconds.
SELECT things.attach_partition(timestamptz 'epoch' + %(start)s::float8 * interval '1 microsecond');

-- name: begin_partitions
-- Make the tables of those of these partitions that are missing, to be filled and then attached; returns which.
-- A Citus cluster only takes empty ones.
SELECT key FROM unnest(%(keys)s::bigint[], %(starts)s::float8[]) AS wanted (key, start)
WHERE CASE WHEN to_regclass('pg_catalog.pg_dist_partition') IS NULL
           THEN things.begin_partition(timestamptz 'epoch' + start * interval '1 microsecond') END;

-- name: finish_partitions
-- Index and attach them.
SELECT things.finish_partition(timestamptz 'epoch' + start * interval '1 microsecond')
FROM unnest(%(starts)s::float8[]) AS made (start);

-- name: wait_briefly
-- For what can as well be done another time.
SET LOCAL lock_timeout = '100ms';

-- name: to_the_end
-- For summing up ranges, which can as well be done another time, but leaves a mark where it is cancelled.
SELECT set_config('lock_timeout', '100ms', true), set_config('statement_timeout', '0', true),
       set_config('transaction_timeout', '0', true);

-- name: widen_id_ranges
-- Summarise what was added to the index on `id`; whether the planner knows nothing of the partition's rows yet.
SELECT count(brin_summarize_new_values(i.indexrelid)) > 0
   AND NOT EXISTS (SELECT FROM pg_stats AS s WHERE s.schemaname = 'things' AND s.tablename = {table})
FROM pg_class AS t JOIN pg_index AS i ON i.indrelid = t.oid
JOIN pg_class AS x ON x.oid = i.indexrelid JOIN pg_am AS m ON m.oid = x.relam
WHERE t.oid = {name}::regclass AND m.amname = 'brin';

-- name: analyse_partition
-- Have the planner look at a partition.
ANALYZE {leaf};

-- name: next_numbers
-- Runs of 1,024 numbers for new observations.
SELECT nextval('things.observation_numbers') FROM generate_series(1, %(runs)s::int);

-- name: lock_states
-- Lock the state rows in the order of their ids, so that writers of the same datastreams go one after the other; with
-- `all` none where one of them is missing: who waits for that one while holding others would stand across their way.
SELECT s.datastream_id, s.last_time, s.last_slot, d.conflict, d.kind,
       EXISTS (SELECT FROM things.watch AS w WHERE w.datastream_id = s.datastream_id), s.sealed_until
FROM things.datastream_state AS s JOIN things.datastream AS d ON d.id = s.datastream_id
WHERE s.datastream_id = ANY (%(ids)s) AND (
    NOT %(all)s OR (SELECT count(*) FROM things.datastream_state AS there WHERE there.datastream_id = ANY (%(ids)s))
                   = cardinality(%(ids)s))
ORDER BY s.datastream_id
FOR NO KEY UPDATE OF s;

-- name: open_states
-- Make state rows for datastreams that are there but never had an observation; holds them against deletion.
INSERT INTO things.datastream_state (datastream_id, sealed_until)
SELECT d.id, (SELECT s.until FROM things.seal AS s WHERE s.dataset_id = d.dataset_id)
FROM (SELECT id, dataset_id FROM things.datastream WHERE id = ANY (%(ids)s) ORDER BY id FOR KEY SHARE) AS d
ON CONFLICT DO NOTHING;

-- name: insert_plain_rows
-- Store rows of datastream, time and number that cannot collide.
INSERT INTO {leaf} (datastream_id, phenomenon_time, id, result)
SELECT * FROM unnest(%(datastream_id)s, %(time)s, %(id)s, %(result)s);

-- name: copy_rows
-- Store many rows with the columns they have that cannot collide.
COPY {leaf} ({columns}) FROM STDIN (FORMAT binary);

-- name: incoming_rows
-- The rows of a batch: `ord` is the position in it, `id` the number a row gets if it is new.
SELECT ord, datastream_id, phenomenon_time, id, phenomenon_end, result, result_time, feature_id,
       CASE WHEN valid_from IS NOT NULL
            THEN tstzrange(valid_from, valid_until, CASE WHEN valid_from = valid_until THEN '[]' ELSE '[)' END) END
           AS valid_time,
       result_json::jsonb AS result_json, result_quality::jsonb AS result_quality, parameters::jsonb AS parameters
FROM unnest(%(ord)s::bigint[], %(datastream_id)s::bigint[], %(time)s::timestamptz[], %(id)s::bigint[],
            %(end)s::timestamptz[], %(result)s::float8[], %(result_time)s::timestamptz[], %(feature_id)s::bigint[],
            %(valid_from)s::timestamptz[], %(valid_until)s::timestamptz[], %(result_json)s::text[],
            %(result_quality)s::text[], %(parameters)s::text[])
    AS row (ord, datastream_id, phenomenon_time, id, phenomenon_end, result, result_time, feature_id,
            valid_from, valid_until, result_json, result_quality, parameters);

-- name: insert_full_rows
-- Store rows with all columns that cannot collide.
INSERT INTO {leaf} (datastream_id, phenomenon_time, id, phenomenon_end, result, result_time, feature_id, valid_time,
                    result_json, result_quality, parameters)
SELECT datastream_id, phenomenon_time, id, phenomenon_end, result, result_time, feature_id, valid_time,
       result_json, result_quality, parameters
FROM ({incoming_rows}) AS incoming;

-- name: merge_append
-- Store each different reading once: what is there already keeps its id, what differs takes the next slot.
WITH judged AS (
    SELECT incoming.*, known.id AS known_id, coalesce(top.slot, -1) AS top_slot,
           row_number() OVER same = 1 AS leads, first_value(incoming.id) OVER same AS leader_id
    FROM ({incoming_rows}) AS incoming
    LEFT JOIN LATERAL (
        SELECT o.id FROM {leaf} AS o
        WHERE o.datastream_id = incoming.datastream_id AND o.phenomenon_time = incoming.phenomenon_time
          AND o.result IS NOT DISTINCT FROM incoming.result
          AND o.result_json IS NOT DISTINCT FROM incoming.result_json
          AND o.phenomenon_end IS NOT DISTINCT FROM incoming.phenomenon_end
          AND o.result_time IS NOT DISTINCT FROM incoming.result_time
          AND o.valid_time IS NOT DISTINCT FROM incoming.valid_time
          AND o.result_quality IS NOT DISTINCT FROM incoming.result_quality
          AND o.parameters IS NOT DISTINCT FROM incoming.parameters
        ORDER BY o.slot LIMIT 1) AS known ON true
    LEFT JOIN LATERAL (
        SELECT max(o.slot) AS slot FROM {leaf} AS o
        WHERE o.datastream_id = incoming.datastream_id AND o.phenomenon_time = incoming.phenomenon_time) AS top ON true
    WINDOW same AS (
        PARTITION BY incoming.datastream_id, incoming.phenomenon_time, incoming.result, incoming.result_json,
                     incoming.phenomenon_end, incoming.result_time, incoming.valid_time, incoming.result_quality,
                     incoming.parameters
        ORDER BY incoming.ord)
), placed AS (
    SELECT *, known_id IS NULL AND leads AS new,
           top_slot + count(*) FILTER (WHERE known_id IS NULL AND leads)
                          OVER (PARTITION BY datastream_id, phenomenon_time ORDER BY ord) AS next_slot
    FROM judged
), written AS (
    INSERT INTO {leaf} (datastream_id, phenomenon_time, id, phenomenon_end, result, result_time, feature_id, slot,
                        valid_time, result_json, result_quality, parameters)
    SELECT datastream_id, phenomenon_time, id, phenomenon_end, result, result_time, feature_id, next_slot,
           valid_time, result_json, result_quality, parameters
    FROM placed WHERE new
)
SELECT ord, coalesce(known_id, leader_id), next_slot, new, new AS changed, NULL::bigint AS old_feature,
       NULL::timestamptz AS old_result_time, NULL::timestamptz AS old_end FROM placed;

-- name: merge_ignore
-- Store a reading only where nothing is known for its time; the first one of the batch wins.
WITH judged AS (
    SELECT incoming.*, known.id AS known_id,
           row_number() OVER same = 1 AS leads, first_value(incoming.id) OVER same AS leader_id
    FROM ({incoming_rows}) AS incoming
    LEFT JOIN LATERAL (
        SELECT o.id FROM {leaf} AS o
        WHERE o.datastream_id = incoming.datastream_id AND o.phenomenon_time = incoming.phenomenon_time
        ORDER BY o.slot LIMIT 1) AS known ON true
    WINDOW same AS (PARTITION BY incoming.datastream_id, incoming.phenomenon_time ORDER BY incoming.ord)
), written AS (
    INSERT INTO {leaf} (datastream_id, phenomenon_time, id, phenomenon_end, result, result_time, feature_id,
                        valid_time, result_json, result_quality, parameters)
    SELECT datastream_id, phenomenon_time, id, phenomenon_end, result, result_time, feature_id,
           valid_time, result_json, result_quality, parameters
    FROM judged WHERE known_id IS NULL AND leads
)
SELECT ord, coalesce(known_id, leader_id), 0, known_id IS NULL AND leads, known_id IS NULL AND leads, NULL::bigint,
       NULL::timestamptz, NULL::timestamptz
FROM judged;

-- name: merge_replace
-- Store a reading in place of what is known for its time; the last one of the batch wins, equal ones change nothing.
WITH judged AS (
    SELECT incoming.*, known.id AS known_id, known.slot AS known_slot, known.feature_id AS known_feature,
           known.result_time AS known_result_time, coalesce(known.phenomenon_end, incoming.phenomenon_time) AS known_end,
           known.same, row_number() OVER later = 1 AS leads, first_value(incoming.id) OVER later AS leader_id
    FROM ({incoming_rows}) AS incoming
    LEFT JOIN LATERAL (
        SELECT o.id, o.slot, o.feature_id, o.result_time, o.phenomenon_end,
               (o.phenomenon_end, o.result, o.result_time, o.feature_id, o.valid_time, o.result_json,
                o.result_quality, o.parameters)
               IS NOT DISTINCT FROM
               (incoming.phenomenon_end, incoming.result, incoming.result_time, incoming.feature_id,
                incoming.valid_time, incoming.result_json, incoming.result_quality, incoming.parameters) AS same
        FROM {leaf} AS o
        WHERE o.datastream_id = incoming.datastream_id AND o.phenomenon_time = incoming.phenomenon_time
        ORDER BY o.slot LIMIT 1) AS known ON true
    WINDOW later AS (PARTITION BY incoming.datastream_id, incoming.phenomenon_time ORDER BY incoming.ord DESC)
), written AS (
    INSERT INTO {leaf} (datastream_id, phenomenon_time, id, phenomenon_end, result, result_time, feature_id,
                        valid_time, result_json, result_quality, parameters)
    SELECT datastream_id, phenomenon_time, id, phenomenon_end, result, result_time, feature_id,
           valid_time, result_json, result_quality, parameters
    FROM judged WHERE known_id IS NULL AND leads
), altered AS (
    UPDATE {leaf} AS o
    SET (phenomenon_end, result, result_time, feature_id, valid_time, result_json, result_quality, parameters)
      = (j.phenomenon_end, j.result, j.result_time, j.feature_id, j.valid_time, j.result_json, j.result_quality,
         j.parameters)
    FROM judged AS j
    WHERE j.leads AND NOT j.same AND o.datastream_id = j.datastream_id
      AND o.phenomenon_time = j.phenomenon_time AND o.slot = j.known_slot
)
SELECT ord, coalesce(known_id, leader_id), coalesce(known_slot, 0), leads AND known_id IS NULL,
       leads AND NOT coalesce(same, false), known_feature,
       CASE WHEN leads AND NOT same THEN known_result_time END, CASE WHEN leads AND NOT same THEN known_end END
FROM judged;

-- name: taken_spans
-- Which of these spans of datastreams hold something, and whether that is so from their first instant on.
SELECT ord, found = first AS again
FROM (
    SELECT span.ord, span.first, (
        SELECT o.phenomenon_time FROM {leaf} AS o WHERE o.datastream_id = span.datastream_id
            AND o.phenomenon_time BETWEEN span.first AND span.last
        ORDER BY o.datastream_id, o.phenomenon_time LIMIT 1) AS found
    FROM unnest(%(ord)s::bigint[], %(datastream_id)s, %(first)s, %(last)s) AS span (ord, datastream_id, first, last)
    OFFSET 0) AS asked
WHERE found IS NOT NULL;

-- name: append_readings
-- Store, and settle, the rows that lie where nothing is; returns the datastreams that it left alone.
SELECT things.append_readings(%(leaf)s::text::regclass, %(streams)s, %(times)s, %(micros)s, %(ids)s, %(results)s,
                              %(features)s, %(of_streams)s, %(of_n)s, %(of_first)s, %(of_last)s, %(of_ids)s,
                              %(of_results)s, %(of_features)s, %(of_features_n)s, %(run_streams)s, %(run_first)s,
                              %(run_last)s, %(mark_streams)s, %(mark_start)s, %(mark_until)s, %(pair_streams)s,
                              %(pair_features)s, %(pair_n)s);

-- name: update_states
-- Bring counts, spans and newest values up to date; `newer` is 1 where the last_… columns apply.
UPDATE things.datastream_state AS s
SET n = s.n + d.n,
    first_time = least(s.first_time, d.first_time),
    result_time_first = least(s.result_time_first, d.result_time_first),
    result_time_last = greatest(s.result_time_last, d.result_time_last),
    end_time = greatest(s.end_time, d.last_time, d.end_time),
    longest = greatest(s.longest, d.longest * interval '1 microsecond'),
    last_time = CASE newer WHEN 1 THEN d.last_time ELSE s.last_time END,
    last_end = CASE newer WHEN 1 THEN d.last_end ELSE s.last_end END,
    last_id = CASE newer WHEN 1 THEN d.last_id ELSE s.last_id END,
    last_slot = CASE newer WHEN 1 THEN d.last_slot ELSE s.last_slot END,
    last_result = CASE newer WHEN 1 THEN d.last_result ELSE s.last_result END,
    last_result_json = CASE newer WHEN 1 THEN d.last_result_json::jsonb ELSE s.last_result_json END
FROM unnest(%(datastream_id)s::bigint[], %(newer)s::bigint[], %(n)s::bigint[], %(first_time)s::timestamptz[],
            %(last_time)s::timestamptz[], %(last_end)s::timestamptz[], %(last_id)s::bigint[],
            %(last_slot)s::bigint[], %(last_result)s::float8[], %(last_result_json)s::text[],
            %(result_time_first)s::timestamptz[], %(result_time_last)s::timestamptz[], %(end_time)s::timestamptz[],
            %(longest)s::bigint[])
    AS d (datastream_id, newer, n, first_time, last_time, last_end, last_id, last_slot,
          last_result, last_result_json, result_time_first, result_time_last, end_time, longest)
WHERE s.datastream_id = d.datastream_id;

-- name: note_crowded
-- Two readings of these datastreams have the same instant: the key alone no longer tells which places are taken.
UPDATE things.datastream_state SET crowded = true WHERE datastream_id = ANY (%(ids)s) AND NOT crowded;

-- name: mark_dirty
-- Say which hours must be computed anew.
INSERT INTO things.rollup_dirty (datastream_id, start, until, appended)
SELECT datastream_id, start, until, %(appended)s FROM unnest(%(datastream_id)s, %(start)s, %(until)s)
    AS span (datastream_id, start, until);

-- name: mark_states_dirty
-- The same for datastreams of kind `state`: a value reaches from its time to the next reading, at most 7 days. A month
-- is longer than that, so what lies in a file matters only where the table has no reading that near.
INSERT INTO things.rollup_dirty (datastream_id, start, until)
SELECT span.datastream_id, date_trunc('hour', coalesce(before.time, span.first)),
       date_trunc('hour', coalesce(after.time, span.last)) + interval '1 hour'
FROM unnest(%(datastream_id)s, %(first)s, %(last)s) AS span (datastream_id, first, last)
LEFT JOIN LATERAL (
    SELECT coalesce(
        (SELECT max(o.phenomenon_time) FROM things.observation AS o
         WHERE o.datastream_id = span.datastream_id AND o.phenomenon_time < span.first
           AND o.phenomenon_time >= span.first - interval '7 days'),
        (SELECT max(a.last_time) FROM things.archived AS a
         WHERE a.datastream_id = span.datastream_id AND a.state = 'away' AND a.last_time < span.first
           AND a.last_time >= span.first - interval '7 days')) AS time) AS before ON true
LEFT JOIN LATERAL (
    SELECT coalesce(
        (SELECT min(o.phenomenon_time) FROM things.observation AS o
         WHERE o.datastream_id = span.datastream_id AND o.phenomenon_time > span.last
           AND o.phenomenon_time <= span.last + interval '7 days'),
        (SELECT min(a.first_time) FROM things.archived AS a
         WHERE a.datastream_id = span.datastream_id AND a.state = 'away' AND a.first_time > span.last
           AND a.first_time <= span.last + interval '7 days')) AS time) AS after ON true;

-- name: queue_watched
-- Keep the new observations of watched datastreams until their rule has seen them.
INSERT INTO things.watch_queue (datastream_id, observation_id, phenomenon_time, result, result_json)
SELECT datastream_id, id, phenomenon_time, result, result_json::jsonb
FROM unnest(%(datastream_id)s::bigint[], %(id)s::bigint[], %(time)s::timestamptz[], %(result)s::float8[],
            %(result_json)s::text[]) AS row (datastream_id, id, phenomenon_time, result, result_json)
ORDER BY phenomenon_time;

-- name: announce
-- Tell listeners which datastreams have news.
SELECT pg_notify('observations', %(ids)s);
