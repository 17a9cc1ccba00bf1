-- SPDX-License-Identifier: EUPL-1.2

-- name: create_collection
-- Makes an empty collection
INSERT INTO features.collection (dataset_id, key, title, description, columns, geometry, srid, table_name)
VALUES (%(dataset_id)s, %(key)s, %(title)s, %(description)s, %(columns)s, %(geometry)s, %(srid)s, '')
ON CONFLICT (key) DO NOTHING
RETURNING id, dataset_id, key, title, description, columns, geometry, srid, bounds, n, version, table_name, modified_at;

-- name: lock_collection
-- Reads a collection for a delivery; a second delivery waits
SELECT id, dataset_id, key, title, description, columns, geometry, srid, bounds, n, version, table_name, modified_at
FROM features.collection WHERE id = %(id)s FOR UPDATE;

-- name: save_delivery
-- Shows what was delivered
UPDATE features.collection
SET table_name = %(table_name)s, columns = %(columns)s, bounds = %(bounds)s::box, n = %(n)s, srid = %(srid)s,
    version = version + 1, modified_at = clock_timestamp()
WHERE id = %(id)s
RETURNING id, dataset_id, key, title, description, columns, geometry, srid, bounds, n, version, table_name, modified_at;

-- name: describe_collection
-- Changes what is said of a collection
UPDATE features.collection SET title = %(title)s, description = %(description)s, modified_at = clock_timestamp()
WHERE id = %(id)s;

-- name: drop_collection
-- Removes a collection with its versions
DELETE FROM features.collection WHERE id = %(id)s;

-- name: retire_table
-- Notes that a table is not shown any more
INSERT INTO features.retired (table_name) VALUES (%(table_name)s) ON CONFLICT (table_name) DO NOTHING;

-- name: take_retired
-- Takes tables that nobody can still be reading; other sweepers skip what we hold
SELECT table_name FROM features.retired WHERE since < now() - make_interval(secs => %(seconds)s)
ORDER BY since LIMIT 20 FOR UPDATE SKIP LOCKED;

-- name: forget_retired
-- Forgets a table that was dropped
DELETE FROM features.retired WHERE table_name = %(table_name)s;
