-- SPDX-License-Identifier: EUPL-1.2

-- name: list_terms
-- All words of the glossary, with further spellings and explanations.
SELECT key, name, also, short, long, changed_at FROM city.term ORDER BY name ->> 'de', key;

-- name: add_term
-- A new word; nothing where the key is taken.
INSERT INTO city.term (key, name, also, short, long, changed_by)
VALUES (%(key)s, %(name)s, %(also)s, %(short)s, %(long)s, %(person_id)s)
ON CONFLICT (key) DO NOTHING RETURNING key;

-- name: change_term
-- Other words for the same key.
UPDATE city.term
SET name = %(name)s, also = %(also)s, short = %(short)s, long = %(long)s, changed_at = now(), changed_by = %(person_id)s
WHERE key = %(key)s RETURNING key;

-- name: remove_term
-- Take a word out of the glossary.
DELETE FROM city.term WHERE key = %(key)s RETURNING key;

-- name: take_message
-- Keep what somebody wrote; sending the same form twice keeps it once.
INSERT INTO city.message (kind, subject, body, place, contact, language, ticket_hash)
VALUES (%(kind)s, %(subject)s, %(body)s, %(place)s, %(contact)s, %(language)s, %(ticket_hash)s)
ON CONFLICT (ticket_hash) DO NOTHING;

-- name: count_waiting_messages
-- How many of these kinds wait.
SELECT count(*) FROM city.message WHERE kind = ANY (%(kinds)s) AND settled_at IS NULL;

-- name: list_messages
-- Messages of these kinds: those that wait, the oldest first, or those that are settled, the newest first.
SELECT id, kind, subject, body, place, contact, language, created_at, settled_at
FROM city.message
WHERE kind = ANY (%(kinds)s) AND (settled_at IS NOT NULL) = %(settled)s
ORDER BY CASE WHEN settled_at IS NULL THEN id END, id DESC
LIMIT %(size)s OFFSET %(skip)s;

-- name: find_message
-- One message of these kinds.
SELECT id, kind, subject, body, place, contact, language, created_at, settled_at
FROM city.message WHERE id = %(id)s AND kind = ANY (%(kinds)s);

-- name: settle_message
-- Somebody has seen to it; how to reach whoever wrote is forgotten.
UPDATE city.message SET settled_at = now(), settled_by = %(person_id)s, contact = ''
WHERE id = %(id)s AND settled_at IS NULL RETURNING id;

-- name: reopen_message
-- It is to be seen to after all.
UPDATE city.message SET settled_at = NULL, settled_by = NULL
WHERE id = %(id)s RETURNING id;

-- name: remove_message
-- Forget a message.
DELETE FROM city.message WHERE id = %(id)s RETURNING id;
