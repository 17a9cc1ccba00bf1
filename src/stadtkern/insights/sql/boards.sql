-- SPDX-License-Identifier: EUPL-1.2
-- name: published_boards
-- The boards that somebody may look at, as published, the front page first.
SELECT b.id, b.key, b.front, b.published, b.newest, v.content
FROM insights.board AS b
JOIN insights.board_version AS v ON v.board_id = b.id AND v.number = b.published
WHERE b.removed_at IS NULL AND coalesce(v.content ->> 'audience', 'administrator') = ANY (%(audiences)s)
ORDER BY NOT b.front, v.content -> 'title' ->> 'de', b.key;

-- name: boards_at_work
-- All boards as editors left them, those taken away last.
SELECT b.id, b.key, b.front, b.published, b.newest, v.content, b.removed_at, v.made_at, p.name
FROM insights.board AS b
JOIN insights.board_version AS v ON v.board_id = b.id AND v.number = b.newest
LEFT JOIN core.principal AS p ON p.id = v.made_by
WHERE %(key)s::text IS NULL OR b.key = %(key)s
ORDER BY b.removed_at IS NOT NULL, NOT b.front, v.content -> 'title' ->> 'de', b.key;

-- name: lock_board
-- A board for a change, with its newest content; nobody else changes it meanwhile.
SELECT b.id, b.newest, b.published, b.front, v.content, b.removed_at
FROM insights.board AS b
JOIN insights.board_version AS v ON v.board_id = b.id AND v.number = b.newest
WHERE b.key = %(key)s
FOR UPDATE OF b;

-- name: add_board
-- A new board; nothing where the key is taken.
INSERT INTO insights.board (key, newest) VALUES (%(key)s, 1) ON CONFLICT (key) DO NOTHING RETURNING id;

-- name: add_board_version
-- What a board is from now on for those who work on it.
INSERT INTO insights.board_version (board_id, number, content, step, made_by)
VALUES (%(id)s, %(number)s, %(content)s, %(step)s, %(by)s);

-- name: newest_board_version
-- Lead a board on to a version.
UPDATE insights.board SET newest = %(number)s WHERE id = %(id)s;

-- name: forget_board_versions
-- Let go of old steps that were never published, but for the last ones.
DELETE FROM insights.board_version
WHERE board_id = %(id)s AND number <= %(until)s AND published_at IS NULL;

-- name: publish_board
-- From now on everybody who may see the board sees this version.
WITH shown AS (
    UPDATE insights.board_version SET published_at = now() WHERE board_id = %(id)s AND number = %(number)s
)
UPDATE insights.board SET published = %(number)s WHERE id = %(id)s;

-- name: list_board_versions
-- The versions of a board, newest first.
SELECT v.number, v.step, v.made_at, p.name, v.published_at
FROM insights.board_version AS v
JOIN insights.board AS b ON b.id = v.board_id
LEFT JOIN core.principal AS p ON p.id = v.made_by
WHERE b.key = %(key)s
ORDER BY v.number DESC
LIMIT %(limit)s;

-- name: find_board_version
-- What a board was in one of its versions.
SELECT v.content
FROM insights.board_version AS v
JOIN insights.board AS b ON b.id = v.board_id
WHERE b.key = %(key)s AND v.number = %(number)s;

-- name: version_before
-- The version from which the newest one was made, as far as it is kept.
SELECT max(v.number) FROM insights.board_version AS v WHERE v.board_id = %(id)s AND v.number < %(number)s;

-- name: take_board_away
-- Nobody sees the board any more; it can be brought back.
UPDATE insights.board SET removed_at = now() WHERE id = %(id)s;

-- name: bring_board_back
-- A board that had been taken away is there again.
UPDATE insights.board SET removed_at = NULL WHERE id = %(id)s;

-- name: boards_waiting
-- How many boards have changes that nobody has published yet.
SELECT count(*)
FROM insights.board AS b
JOIN insights.board_version AS v ON v.board_id = b.id AND v.number = b.newest
WHERE b.removed_at IS NULL AND b.published IS DISTINCT FROM b.newest
  AND v.content ->> 'audience' = ANY (%(audiences)s);

-- name: properties_to_choose
-- What is observed, by definition, most often first; the conditions are put in.
SELECT o.definition, min(o.name), count(*), min(d.kind)
FROM things.observed_property AS o
JOIN things.datastream AS d ON d.observed_property_id = o.id
WHERE /* conditions */
GROUP BY o.definition
ORDER BY count(*) DESC, min(o.name)
LIMIT %(limit)s;
