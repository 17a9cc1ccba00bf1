-- SPDX-License-Identifier: EUPL-1.2
-- name: wall_keys
-- The keys of a board's screens, those that still open something first.
SELECT k.id, k.name, p.name, k.given_by, k.given_at, k.expires_at, k.ended_at, k.last_used_on
FROM insights.wall_key AS k
JOIN insights.board AS b ON b.id = k.board_id
JOIN core.principal AS p ON p.id = k.given_by
WHERE b.key = %(key)s
ORDER BY k.ended_at IS NOT NULL OR k.expires_at <= now(), k.id DESC
LIMIT %(limit)s;

-- name: find_wall_key
-- The board that a key opens, who gave it, and whether it still does.
SELECT k.id, k.board_id, k.name, k.given_by, k.ended_at IS NULL AND k.expires_at > now()
FROM insights.wall_key AS k
WHERE k.secret_hash = %(secret_hash)s;

-- name: touch_wall_key
-- Notes the day on which a key was last used.
UPDATE insights.wall_key SET last_used_on = current_date
WHERE id = %(id)s AND last_used_on IS DISTINCT FROM current_date;

-- name: give_wall_key
-- A new key for a board's screen, unless the board has as many as it may.
INSERT INTO insights.wall_key (board_id, name, secret_hash, given_by, expires_at)
SELECT b.id, %(name)s, %(secret_hash)s, %(by)s, now() + %(lasts)s::interval
FROM insights.board AS b
WHERE b.key = %(key)s AND b.removed_at IS NULL
  AND (SELECT count(*) FROM insights.wall_key AS k
       WHERE k.board_id = b.id AND k.ended_at IS NULL AND k.expires_at > now()) < %(most)s
RETURNING id;

-- name: end_wall_key
-- Ends a key at once.
UPDATE insights.wall_key AS k SET ended_at = now()
FROM insights.board AS b
WHERE k.id = %(id)s AND b.id = k.board_id AND b.key = %(key)s AND k.ended_at IS NULL
RETURNING k.id;
