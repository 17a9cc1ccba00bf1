-- SPDX-License-Identifier: EUPL-1.2

-- name: health_backlog
-- What waits for the fold and for the rules: marks (counted up to a limit), watched readings, seconds of the oldest.
SELECT (SELECT count(*) FROM (SELECT FROM things.rollup_dirty LIMIT %(most)s) AS marks)
       + (SELECT count(*) FROM (
            SELECT FROM things.datastream_state WHERE unfolded_from IS NOT NULL ORDER BY datastream_id LIMIT %(most)s) AS s),
       (SELECT count(*) FROM (SELECT FROM things.watch_queue LIMIT %(most)s) AS watched),
       (SELECT extract(epoch FROM now() - min(entered_at))::float8 FROM things.watch_queue);

-- name: health_partitions
-- The partitions of observations by name, newest first.
SELECT c.relname, pg_get_expr(c.relpartbound, c.oid)
FROM pg_inherits AS i
JOIN pg_class AS c ON c.oid = i.inhrelid
WHERE i.inhparent = 'things.observation'::regclass
ORDER BY c.relname DESC;
