-- SPDX-License-Identifier: EUPL-1.2

-- name: clock
-- The database's clock, and when it was last migrated (NULL where it never was).
SELECT clock_timestamp(), (SELECT max(applied_at) FROM core.migration);

-- name: has_ledger
-- Whether there is anything of ours.
SELECT to_regclass('core.migration') IS NOT NULL;

-- name: loose_partitions
-- Tables that look like partitions of observations and are none.
SELECT array_agg(c.relname::text ORDER BY c.relname)
FROM pg_class AS c
WHERE c.relnamespace = 'things'::regnamespace AND c.relkind = 'r' AND c.relname ~ '^observation_\d{4}(_\d\d)?$'
  AND NOT EXISTS (SELECT FROM pg_inherits AS i WHERE i.inhrelid = c.oid);

-- name: failed_event
-- The event whose delivery was tried most often.
SELECT topic, attempts, left(last_error, 200) FROM core.outbox WHERE attempts > 0 ORDER BY attempts DESC, id LIMIT 1;

-- name: token_states
-- How many tokens are valid, which end within two weeks, and which have ended while they were in use.
SELECT count(*) FILTER (WHERE expires_at IS NULL OR expires_at > now()),
       array_agg(name ORDER BY id) FILTER (WHERE expires_at > now() AND expires_at < now() + interval '14 days'),
       array_agg(name ORDER BY id) FILTER (WHERE expires_at <= now() AND expires_at > now() - interval '30 days'
                                           AND last_used_on > expires_at::date - 8)
FROM core.token
WHERE revoked_at IS NULL;

-- name: transaction_age
-- How old the oldest transaction number is that must still be told from the present.
SELECT age(datfrozenxid) FROM pg_database WHERE datname = current_database();
