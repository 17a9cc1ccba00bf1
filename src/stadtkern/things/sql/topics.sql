-- SPDX-License-Identifier: EUPL-1.2

-- name: newest_observations
-- Finds the newest observation of each of some datastreams
SELECT last_id, datastream_id, last_time FROM things.datastream_state WHERE datastream_id = ANY (%(ids)s) AND last_id IS NOT NULL
ORDER BY datastream_id;

-- name: newest_moved
-- Finds the newest observation of each of the datastreams that moved last, or of one; the condition of access on d stands inside
SELECT s.last_id, s.datastream_id, s.last_time
FROM things.datastream_state AS s JOIN things.datastream AS d ON d.id = s.datastream_id
WHERE s.last_id IS NOT NULL AND (%s::bigint IS NULL OR s.datastream_id = %s) AND /* conditions */
ORDER BY s.last_time DESC, s.datastream_id LIMIT %s;

-- name: followers
-- Clients that are expected back, with the token each came with, as long as that is valid.
SELECT f.token_id, f.client_id, f.expiry, f.topics, extract(epoch FROM now() - f.left_at)::float8,
       t.principal_id, p.name, t.default_dataset_id, t.expires_at
FROM things.follower AS f
JOIN core.token AS t ON t.id = f.token_id
JOIN core.principal AS p ON p.id = t.principal_id
WHERE t.revoked_at IS NULL AND (t.expires_at IS NULL OR t.expires_at > now())
ORDER BY f.left_at NULLS LAST;

-- name: keep_follower
-- Note what a client follows.
INSERT INTO things.follower AS f (token_id, client_id, expiry, topics) VALUES (%(token_id)s, %(client_id)s, %(expiry)s, %(topics)s)
ON CONFLICT (token_id, client_id) DO UPDATE SET expiry = excluded.expiry, topics = excluded.topics, left_at = NULL;

-- name: followers_left
-- Note since when clients are away.
UPDATE things.follower AS f SET left_at = now() - make_interval(secs => gone.seconds)
FROM unnest(%(token_ids)s::bigint[], %(client_ids)s::text[], %(seconds)s::float8[]) AS gone (token_id, client_id, seconds)
WHERE f.token_id = gone.token_id AND f.client_id = gone.client_id;

-- name: drop_followers
-- Forget clients.
DELETE FROM things.follower AS f USING unnest(%(token_ids)s::bigint[], %(client_ids)s::text[]) AS gone (token_id, client_id)
WHERE f.token_id = gone.token_id AND f.client_id = gone.client_id;

-- name: drop_ended_followers
-- Forget clients whose token has ended.
DELETE FROM things.follower AS f USING core.token AS t
WHERE t.id = f.token_id AND (t.revoked_at IS NOT NULL OR t.expires_at <= now());

-- name: valid_tokens
-- Which of these tokens are valid.
SELECT id FROM core.token
WHERE id = ANY (%(ids)s) AND revoked_at IS NULL AND (expires_at IS NULL OR expires_at > now());
