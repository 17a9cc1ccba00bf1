-- SPDX-License-Identifier: EUPL-1.2

-- name: save_browser
-- A browser that wants to be told something, or what it says anew of itself
INSERT INTO identity.browser AS b (endpoint, p256dh, auth, language)
VALUES (%(endpoint)s, %(p256dh)s, %(auth)s, %(language)s)
ON CONFLICT (endpoint) DO UPDATE SET language = excluded.language WHERE b.auth = excluded.auth
RETURNING b.id;

-- name: find_browser
-- The browser that knows both its address and its secret; held for the transaction
SELECT id FROM identity.browser
WHERE endpoint = %(endpoint)s AND auth = %(auth)s FOR UPDATE;

-- name: move_browser
-- A browser whose push service has given it another address and other keys
INSERT INTO identity.browser AS b (endpoint, p256dh, auth, language)
SELECT %(endpoint)s, %(p256dh)s, %(auth)s, o.language FROM identity.browser AS o WHERE o.id = %(from)s
ON CONFLICT (endpoint) DO UPDATE SET p256dh = excluded.p256dh, auth = excluded.auth
WHERE b.auth = excluded.auth OR b.id = %(from)s
RETURNING b.id;

-- name: move_follows
-- Lets another browser follow what one has followed, each thing once and as far as it may follow so much
UPDATE identity.follow SET browser_id = %(to)s
WHERE id IN (
    SELECT f.id FROM identity.follow AS f
    WHERE f.browser_id = %(from)s AND NOT EXISTS (
        SELECT FROM identity.follow AS h
        WHERE h.browser_id = %(to)s AND h.kind = f.kind AND h.target = f.target AND h.above = f.above
          AND h.bound IS NOT DISTINCT FROM f.bound)
    ORDER BY f.id
    LIMIT greatest(0, %(most)s - (SELECT count(*) FROM identity.follow AS g WHERE g.browser_id = %(to)s)));

-- name: move_pushes
-- Messages that wait for one browser, for the other
UPDATE identity.push SET browser_id = %(to)s WHERE browser_id = %(from)s;

-- name: forget_browser
-- A browser that is gone, with everything that waits for it
DELETE FROM identity.browser WHERE id = %(id)s;

-- name: forget_idle_browsers
-- Browsers that follow nothing any more
DELETE FROM identity.browser AS b
WHERE NOT EXISTS (SELECT FROM identity.follow AS f WHERE f.browser_id = b.id)
  AND NOT EXISTS (SELECT FROM identity.push AS p WHERE p.browser_id = b.id) AND b.created_at < now() - interval '1 hour';

-- name: count_follows
-- How much a browser follows
SELECT count(*) FROM identity.follow WHERE browser_id = %(browser_id)s;

-- name: save_follow
-- Follow something; a second time changes nothing
INSERT INTO identity.follow (browser_id, kind, target, bound, above, met)
VALUES (%(browser_id)s, %(kind)s, %(target)s, %(bound)s, %(above)s, %(met)s)
ON CONFLICT (browser_id, kind, target, bound, above) DO NOTHING;

-- name: forget_follow
-- Follow something no more
DELETE FROM identity.follow WHERE browser_id = %(browser_id)s AND id = %(id)s;

-- name: put_push
-- Lets a message wait; a newer one of the same topic takes the place of the older
INSERT INTO identity.push (browser_id, topic, facts, expires_at)
VALUES (%(browser_id)s, %(topic)s, %(facts)s, now() + %(lasts)s::interval)
ON CONFLICT (browser_id, topic) DO UPDATE
SET facts = excluded.facts, attempts = 0, not_before = now(), expires_at = excluded.expires_at;

-- name: claim_push
-- Takes messages that are due for so long; a try begins. Chosen once and for all, as mails are
WITH due AS MATERIALIZED (
    SELECT n.id FROM identity.push AS n WHERE n.not_before <= now()
    ORDER BY n.not_before, n.id LIMIT %(most)s FOR UPDATE SKIP LOCKED
)
UPDATE identity.push AS m SET attempts = m.attempts + 1, not_before = now() + %(lease)s::interval
FROM due, identity.browser AS b
WHERE m.id = due.id AND b.id = m.browser_id
RETURNING m.id, m.browser_id, m.topic, m.facts, m.attempts, m.expires_at, b.endpoint, b.p256dh, b.auth;

-- name: drop_push
-- A message that was taken, or given up; not one that has taken its place meanwhile
DELETE FROM identity.push WHERE id = %(id)s AND attempts = %(attempts)s;

-- name: push_later
-- A message that is tried again
UPDATE identity.push SET not_before = now() + %(pause)s::interval WHERE id = %(id)s AND attempts = %(attempts)s;
