-- SPDX-License-Identifier: EUPL-1.2

-- name: list_signs
-- The pages with a video in sign language.
SELECT path, link, content, media_type, byte_size, captions <> '', changed_at
FROM city.sign_video ORDER BY path LIMIT 2000;

-- name: find_sign_captions
-- What a video says, as WebVTT.
SELECT captions FROM city.sign_video WHERE path = %(path)s;

-- name: save_sign
-- A page's video in place of the one it had.
INSERT INTO city.sign_video (path, link, content, media_type, byte_size, captions, changed_by)
VALUES (%(path)s, %(link)s, %(content)s, %(media_type)s, %(byte_size)s, %(captions)s, %(person_id)s)
ON CONFLICT (path) DO UPDATE
SET link = excluded.link, content = excluded.content, media_type = excluded.media_type,
    byte_size = excluded.byte_size, captions = excluded.captions, changed_at = now(), changed_by = excluded.changed_by;

-- name: remove_sign
-- A page has no video any more.
DELETE FROM city.sign_video WHERE path = %(path)s RETURNING path;

-- name: known_signs
-- Which of these contents a page still shows.
SELECT content FROM city.sign_video WHERE content = ANY (%(contents)s);
