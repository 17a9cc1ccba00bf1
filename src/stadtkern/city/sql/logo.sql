-- SPDX-License-Identifier: EUPL-1.2

-- name: find_logo
-- The city's logo.
SELECT media_type, data FROM city.logo;

-- name: save_logo
-- Another logo in place of the one there was.
INSERT INTO city.logo (media_type, data, digest) VALUES (%(media_type)s, %(data)s, %(digest)s)
ON CONFLICT (only_one) DO UPDATE
SET media_type = excluded.media_type, data = excluded.data, digest = excluded.digest;

-- name: remove_logo
-- No logo any more.
DELETE FROM city.logo;
