-- SPDX-License-Identifier: EUPL-1.2

-- name: tables_with_rows
-- All tables of ours that hold rows themselves (partitions, not what is partitioned), by schema and name.
SELECT n.nspname, c.relname
FROM pg_class AS c
JOIN pg_namespace AS n ON n.oid = c.relnamespace
WHERE c.relkind = 'r' AND n.nspname <> 'information_schema' AND n.nspname NOT LIKE 'pg\_%'
  AND NOT EXISTS (SELECT FROM pg_depend AS d WHERE d.objid = c.oid AND d.deptype = 'e')
ORDER BY 1, 2;

-- name: sequences_so_far
-- The last number that each sequence of ours has given, NULL where it has given none.
SELECT schemaname || '.' || sequencename, last_value FROM pg_sequences ORDER BY 1;

-- name: ledger
-- The migrations that the database has.
SELECT package, number, name, digest FROM core.migration ORDER BY package, number;

-- name: holds_data
-- Whether there is anything that somebody would miss.
SELECT EXISTS (SELECT FROM core.dataset) OR EXISTS (SELECT FROM core.token) OR EXISTS (SELECT FROM things.thing);

-- name: end_tokens
-- Ends all tokens that are valid, and says how many.
WITH ended AS (UPDATE core.token SET revoked_at = now() WHERE revoked_at IS NULL RETURNING id)
SELECT count(*) FROM ended;

-- name: valid_tokens
-- How many tokens would let somebody in.
SELECT count(*) FROM core.token
WHERE revoked_at IS NULL AND (expires_at IS NULL OR expires_at > now());

-- name: hold_archive
-- Keeps rounds of the archive away while the connection lasts (the lock of lock_archive in things).
SELECT pg_advisory_lock(1398033750);

-- name: archive_files
-- The archive's files as the database knows them.
SELECT path, sha256 FROM things.archive_file ORDER BY path;
