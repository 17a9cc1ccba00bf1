-- SPDX-License-Identifier: EUPL-1.2
-- The ranges of ids in the index of a partition, and that each of them says what it holds.

-- name: partitions_to_tend
-- The partitions by name, newest first; what somebody else has attached under another name is not ours to tend.
SELECT c.relname::text
FROM pg_inherits AS i JOIN pg_class AS c ON c.oid = i.inhrelid
WHERE i.inhparent = 'things.observation'::regclass AND c.relname ~ '^observation_\d{4}(_\d\d)?$'
ORDER BY c.relname DESC;

-- name: index_of_ids
-- The index on `id` of a partition, over how many pages one of its ranges goes, and how many pages the partition has.
SELECT x.oid::bigint, x.relname::text,
       coalesce((SELECT o.option_value::bigint FROM pg_options_to_table(x.reloptions) AS o
                 WHERE o.option_name = 'pages_per_range'), 128),
       pg_relation_size(t.oid) / current_setting('block_size')::bigint
FROM pg_class AS t JOIN pg_index AS i ON i.indrelid = t.oid AND i.indisvalid
JOIN pg_class AS x ON x.oid = i.indexrelid JOIN pg_am AS m ON m.oid = x.relam AND m.amname = 'brin'
JOIN pg_attribute AS a ON a.attrelid = t.oid AND a.attnum = i.indkey[0] AND a.attname = 'id'
WHERE t.oid = to_regclass({name}) AND i.indnatts = 1;

-- name: through_the_index
-- Have the next statement of this transaction look into indexes, in one process; how many pages the partition has.
SELECT pg_relation_size(to_regclass({name})) / current_setting('block_size')::bigint,
       set_config('enable_seqscan', 'off', true), set_config('enable_bitmapscan', 'on', true),
       set_config('max_parallel_workers_per_gather', '0', true);

-- name: look_at_ranges
-- How many pages the index names for all ids, and for those that nobody has; only the first row is fetched.
EXPLAIN (ANALYZE, COSTS OFF, TIMING OFF, SUMMARY OFF, FORMAT json) SELECT FROM {leaf} WHERE id >= 0 OR id < 0 LIMIT 1;

-- name: forget_ranges
-- Forget what the ranges that begin at these pages hold: whoever asks reads them whole.
SELECT count(brin_desummarize_range(%(index)s::bigint::oid::regclass, page))
FROM generate_series(%(first)s::bigint, %(last)s::bigint, %(step)s::bigint) AS page;

-- name: sum_up_ranges
-- Sum up the ranges that begin at these pages.
SELECT count(brin_summarize_range(%(index)s::bigint::oid::regclass, page))
FROM generate_series(%(first)s::bigint, %(last)s::bigint, %(step)s::bigint) AS page;
