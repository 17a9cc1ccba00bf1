-- SPDX-License-Identifier: EUPL-1.2
-- name: thing_pictures
-- What is known of the pictures of things, without the pictures; conditions are added behind on t.
SELECT i.thing_id, i.digest, i.width, i.height, i.alt, i.credit
FROM insights.thing_picture AS i
JOIN things.thing AS t ON t.id = i.thing_id
WHERE;

-- name: thing_picture_data
-- The picture of a thing itself; conditions are added behind on t.
SELECT i.media_type, i.digest, i.data
FROM insights.thing_picture AS i
JOIN things.thing AS t ON t.id = i.thing_id
WHERE;

-- name: keep_thing_picture
-- Gives a thing its picture, in the place of an older one.
INSERT INTO insights.thing_picture (thing_id, media_type, width, height, data, digest, alt, credit, made_by)
VALUES (%(thing_id)s, %(media_type)s, %(width)s, %(height)s, %(data)s, %(digest)s, %(alt)s, %(credit)s, %(by)s)
ON CONFLICT (thing_id) DO UPDATE SET
    media_type = excluded.media_type, width = excluded.width, height = excluded.height, data = excluded.data,
    digest = excluded.digest, alt = excluded.alt, credit = excluded.credit, made_at = now(),
    made_by = excluded.made_by;

-- name: describe_thing_picture
-- Other words for a picture that stays.
UPDATE insights.thing_picture SET alt = %(alt)s, credit = %(credit)s, made_at = now(), made_by = %(by)s
WHERE thing_id = %(thing_id)s
RETURNING thing_id;

-- name: remove_thing_picture
-- Takes a thing's picture away for good.
DELETE FROM insights.thing_picture WHERE thing_id = %(thing_id)s RETURNING thing_id;
