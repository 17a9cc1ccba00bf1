-- SPDX-License-Identifier: EUPL-1.2

-- name: end_version
-- Notes that the version shown so far is replaced, and who could see it until now
UPDATE features.version AS v
SET state = d.state, room_id = d.room_id, ended_at = clock_timestamp()
FROM features.collection AS c JOIN core.dataset AS d ON d.id = c.dataset_id
WHERE c.id = %(id)s AND v.collection_id = c.id AND v.ended_at IS NULL;

-- name: keep_version
-- Keeps the version that a collection shows now
INSERT INTO features.version
    (collection_id, number, at, mode, restored_from, person_id, note, columns, bounds, srid, n, table_name)
SELECT c.id, c.version, c.modified_at, %(mode)s, %(restored_from)s, %(person_id)s, %(note)s,
       c.columns, c.bounds, c.srid, c.n, c.table_name
FROM features.collection AS c WHERE c.id = %(id)s;

-- name: bound_versions
-- Says where the rows of the versions in a table end, before rows come behind or over them
UPDATE features.version
SET last_id = coalesce(last_id, %(last_id)s), overwritten = overwritten OR %(over)s
WHERE collection_id = %(id)s AND table_name = %(table_name)s;

-- name: changed_in_place
-- Whether a later version lies in the same table with other rows
SELECT EXISTS (
    SELECT FROM features.version AS v
    WHERE v.collection_id = %(id)s AND v.table_name = %(table_name)s AND v.number > %(number)s
      AND v.mode IN ('append', 'upsert'));

-- name: restore_version
-- Shows the table and the words of an older version as a new one
UPDATE features.collection AS c
SET table_name = %(table_name)s, columns = v.columns, bounds = v.bounds, n = v.n, srid = v.srid,
    version = c.version + 1, modified_at = clock_timestamp()
FROM features.version AS v
WHERE c.id = %(id)s AND v.collection_id = c.id AND v.number = %(number)s
RETURNING c.version;

-- name: save_summary
-- Keeps how a version differs from the one before
UPDATE features.version SET summary = %(summary)s WHERE collection_id = %(id)s AND number = %(number)s;

-- name: too_many_versions
-- Collections with versions that are kept no longer, and the number of the last of them
SELECT v.collection_id, max(v.number)
FROM features.version AS v JOIN features.collection AS c ON c.id = v.collection_id
WHERE v.ended_at IS NOT NULL
  AND (v.ended_at < now() - make_interval(days => %(days)s)
       OR (SELECT count(*) FROM features.version AS l
           WHERE l.collection_id = v.collection_id AND l.number > v.number) >= %(kept)s)
GROUP BY v.collection_id ORDER BY v.collection_id;

-- name: forget_versions
-- Forgets the versions up to a number, but for the one that is shown
DELETE FROM features.version AS v
WHERE v.collection_id = %(id)s AND v.number <= %(number)s AND v.ended_at IS NOT NULL
RETURNING v.table_name, v.overwritten;

-- name: tables_of_versions
-- The tables that the versions of a collection lie in, each with the first of them
SELECT v.table_name, min(v.number)
FROM features.version AS v WHERE v.collection_id = %(id)s GROUP BY v.table_name;

-- name: works_on
-- Whether somebody may change a dataset, and so may see all of its versions
SELECT EXISTS (
    SELECT FROM core.membership AS m
    JOIN core.organisation AS o ON o.principal_id = m.organisation_id
    JOIN core.dataset AS d ON d.id = %(dataset_id)s
    WHERE m.person_id = %(person_id)s
      AND ((m.organisation_id = d.organisation_id AND m.role IN ('editor', 'steward', 'publisher', 'administrator'))
           OR (o.kind = 'city' AND m.role = 'administrator')));
