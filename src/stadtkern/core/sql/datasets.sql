-- SPDX-License-Identifier: EUPL-1.2

-- name: find_dataset
-- Finds a dataset by its key
SELECT id, uuid, key, room_id, retention, policy, about, keep, archive_after FROM core.dataset WHERE key = %(key)s;

-- name: list_datasets
-- Lists datasets with their rooms
SELECT d.id, d.uuid, d.key, d.room_id, d.retention, d.policy, d.about, d.keep, d.archive_after FROM core.dataset AS d ORDER BY d.key;

-- name: save_dataset
-- Makes a dataset or brings up to date what is said of it; what is not said stays as it is
INSERT INTO core.dataset AS d (key, room_id, about, policy, retention)
SELECT %(key)s, r.id, %(about)s::jsonb, coalesce(%(policy)s::jsonb, '{}'), %(retention)s::interval
FROM core.room AS r WHERE r.key = %(room)s
ON CONFLICT (key) DO UPDATE
    SET about = d.about || excluded.about, policy = coalesce(%(policy)s::jsonb, d.policy),
        retention = coalesce(excluded.retention, d.retention)
    WHERE d.room_id = excluded.room_id
RETURNING id;

-- name: keep_dataset_for
-- Says how long the observations of a dataset are kept and what stays of older ones
UPDATE core.dataset SET retention = %(retention)s::interval, keep = %(keep)s WHERE id = %(id)s;

-- name: archive_dataset_after
-- Says at what age months of a dataset go into files
UPDATE core.dataset SET archive_after = %(age)s::interval WHERE id = %(id)s;

-- name: save_room
-- Makes a room or brings its title up to date
INSERT INTO core.room (key, kind, title) VALUES (%(key)s, %(kind)s, %(title)s)
ON CONFLICT (key) DO UPDATE SET title = excluded.title
RETURNING id;

-- name: find_city
-- Reads the city's own settings
SELECT name, time_zone, languages, properties FROM core.city;

-- name: works_here
-- Whether a person has a role in any organisation
SELECT EXISTS (SELECT FROM core.membership WHERE person_id = %(person_id)s::bigint);

-- name: save_city
-- Writes the city's own settings
UPDATE core.city SET name = %(name)s, time_zone = %(time_zone)s, languages = %(languages)s, properties = %(properties)s;
