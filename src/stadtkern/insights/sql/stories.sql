-- SPDX-License-Identifier: EUPL-1.2
-- name: public_stories
-- The public versions of all stories that are public, the newest first.
SELECT s.id, s.key, v.number, v.title, v.summary, v.blocks, s.public_at, s.first_public_at
FROM insights.story AS s
JOIN insights.story_version AS v ON v.story_id = s.id AND v.number = s.public_number
ORDER BY s.first_public_at DESC, s.id DESC
LIMIT %(limit)s OFFSET %(skip)s;

-- name: public_story
-- The public version of one story.
SELECT s.id, s.key, v.number, v.title, v.summary, v.blocks, s.public_at, s.first_public_at
FROM insights.story AS s
JOIN insights.story_version AS v ON v.story_id = s.id AND v.number = s.public_number
WHERE s.key = %(key)s;

-- name: withdrawn_story
-- Whether everybody could once see the story with this key, and cannot any more.
SELECT EXISTS (SELECT FROM insights.story WHERE key = %(key)s AND public_number IS NULL AND first_public_at IS NOT NULL);

-- name: stories_with_words
-- Public stories with all of these patterns in title or summary.
SELECT s.key, v.title, v.summary
FROM insights.story AS s
JOIN insights.story_version AS v ON v.story_id = s.id AND v.number = s.public_number
WHERE NOT EXISTS (
    SELECT FROM unnest(%(patterns)s::text[]) AS p (pattern)
    WHERE NOT v.title::text || v.summary::text ILIKE p.pattern)
ORDER BY s.public_at DESC
LIMIT %(limit)s;

-- name: all_stories
-- All stories with their newest version and who made it, those that wait to become public first.
SELECT s.id, s.key, s.public_number, s.public_at, s.asked_number, v.number, v.title, v.made_at, p.name
FROM insights.story AS s
JOIN LATERAL (
    SELECT v.number, v.title, v.made_at, v.made_by FROM insights.story_version AS v
    WHERE v.story_id = s.id ORDER BY v.number DESC LIMIT 1
) AS v ON true
LEFT JOIN core.principal AS p ON p.id = v.made_by
ORDER BY s.asked_number IS NULL, v.made_at DESC, s.id;

-- name: story
-- One story as those who work on it see it.
SELECT s.id, s.key, s.public_number, s.public_at, s.asked_number, s.asked_by, p.name
FROM insights.story AS s
LEFT JOIN core.principal AS p ON p.id = s.asked_by
WHERE s.id = %(id)s;

-- name: story_versions
-- The versions of a story, the newest first; all of them or one.
SELECT v.number, v.title, v.summary, v.blocks, v.note, v.made_at, p.name, v.made_by
FROM insights.story_version AS v
LEFT JOIN core.principal AS p ON p.id = v.made_by
WHERE v.story_id = %(id)s AND (%(number)s::integer IS NULL OR v.number = %(number)s)
ORDER BY v.number DESC
LIMIT %(limit)s;

-- name: stories_waiting
-- How many stories wait to become public.
SELECT count(*) FROM insights.story WHERE asked_number IS NOT NULL;

-- name: lock_story
-- Keeps others from changing a story until the transaction ends; its newest number.
SELECT s.public_number, s.asked_number,
       (SELECT max(v.number) FROM insights.story_version AS v WHERE v.story_id = s.id)
FROM insights.story AS s
WHERE s.id = %(id)s
FOR UPDATE;

-- name: begin_one_by_one
-- Whoever begins stories begins one at a time.
SELECT pg_advisory_xact_lock(hashtextextended('insights.story', %(by)s));

-- name: story_begun_already
-- The story that somebody began within the last hour with exactly this, and that nobody has written on since.
SELECT v.story_id
FROM insights.story_version AS v
WHERE v.made_by = %(by)s AND v.made_at > now() - interval '1 hour'
  AND v.title = %(title)s AND v.summary = %(summary)s AND v.blocks = %(blocks)s
  AND v.number = 1 AND NOT EXISTS (
      SELECT FROM insights.story_version AS later WHERE later.story_id = v.story_id AND later.number > 1)
ORDER BY v.story_id
LIMIT 1;

-- name: add_story
-- A new story under the first key that is free: the name, name-2, name-3 …
INSERT INTO insights.story (key)
SELECT k.key
FROM (SELECT 0 AS n, %(key)s AS key UNION ALL SELECT n, %(key)s || '-' || n FROM generate_series(2, 1000) AS n) AS k
WHERE NOT EXISTS (SELECT FROM insights.story AS s WHERE s.key = k.key)
ORDER BY k.n
LIMIT 1
RETURNING id;

-- name: add_story_version
-- A version of a story.
INSERT INTO insights.story_version (story_id, number, title, summary, blocks, note, made_by)
VALUES (%(id)s, %(number)s, %(title)s, %(summary)s, %(blocks)s, %(note)s, %(by)s);

-- name: makers_since_public
-- Who made the versions up to a number: those after the public one, or all of them where that is a later one.
SELECT DISTINCT v.made_by
FROM insights.story_version AS v
JOIN insights.story AS s ON s.id = v.story_id
WHERE s.id = %(id)s AND v.number <= %(number)s AND v.made_by IS NOT NULL
  AND (s.public_number IS NULL OR s.public_number > %(number)s OR v.number > s.public_number);

-- name: ask_for_story
-- Somebody would like a version to be public; without a number nobody does any more.
UPDATE insights.story SET asked_number = %(number)s, asked_by = %(by)s WHERE id = %(id)s;

-- name: publish_story
-- Makes a version public.
UPDATE insights.story
SET public_number = %(number)s, public_at = now(), public_by = %(by)s,
    first_public_at = coalesce(first_public_at, now()), asked_number = NULL, asked_by = NULL
WHERE id = %(id)s;

-- name: withdraw_story
-- Takes a story off the public pages; its versions stay.
UPDATE insights.story SET public_number = NULL, public_at = NULL, public_by = NULL WHERE id = %(id)s;

-- name: remove_story
-- Removes a story with all its versions, unless everybody sees it.
DELETE FROM insights.story WHERE id = %(id)s AND public_number IS NULL;

-- name: note_public_stories
-- Remembers for the menu whether any story is public.
UPDATE core.city
SET properties = properties
    || jsonb_build_object('stories_public', EXISTS (SELECT FROM insights.story WHERE public_number IS NOT NULL));

-- name: set_four_eyes
-- Whether stories are made public by somebody else than those who wrote them.
UPDATE core.city SET properties = properties || jsonb_build_object('stories_four_eyes', %(on)s::boolean);

-- name: four_eyes
-- Whether they are.
SELECT coalesce((properties ->> 'stories_four_eyes')::boolean, false) FROM core.city;
