-- SPDX-License-Identifier: EUPL-1.2

-- name: health_applied
-- The migrations that this database has, the fingerprint of each, and when it came.
SELECT package, number, digest, applied_at FROM core.migration;

-- name: health_outbox
-- Events that wait for delivery, seconds of the oldest, and those whose delivery has failed before.
SELECT count(*), extract(epoch FROM now() - min(created_at))::float8, count(*) FILTER (WHERE attempts > 0)
FROM (SELECT created_at, attempts FROM core.outbox ORDER BY id LIMIT %(most)s) AS waiting;

-- name: health_database
-- Size of the database in bytes, its connections, how many there may be, and its clock.
SELECT pg_database_size(current_database()),
       (SELECT count(*) FROM pg_stat_activity WHERE datname = current_database()),
       current_setting('max_connections')::integer,
       extract(epoch FROM clock_timestamp())::float8;
