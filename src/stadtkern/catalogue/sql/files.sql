-- SPDX-License-Identifier: EUPL-1.2

-- name: file_versions
-- Versions of a dataset's files, newest first; `ended_at` is null for the one that is shown; conditions are added on v, d
SELECT v.file, v.number, v.at, v.name, v.format, v.media_type, v.byte_size, v.sha256, v.content, v.note, v.restored_from,
       v.ended_at, coalesce(p.name, ''), f.distribution_id,
       v.ended_at IS NULL OR coalesce(v.state = 'published' AND (v.room_id = d.room_id OR r.kind = 'public'), false)
FROM catalogue.file_version AS v
JOIN catalogue.file AS f ON f.dataset_id = v.dataset_id AND f.number = v.file
JOIN core.dataset AS d ON d.id = v.dataset_id
LEFT JOIN core.room AS r ON r.id = v.room_id
LEFT JOIN core.principal AS p ON p.id = v.person_id
WHERE v.dataset_id = %s AND

-- name: file_add
-- Gives a dataset's next file its number
INSERT INTO catalogue.file (dataset_id, number)
SELECT %(dataset_id)s, coalesce(max(f.number), 0) + 1 FROM catalogue.file AS f WHERE f.dataset_id = %(dataset_id)s
RETURNING number;

-- name: file_offered
-- Notes which form offers a file
UPDATE catalogue.file SET distribution_id = %(distribution_id)s WHERE dataset_id = %(dataset_id)s AND number = %(file)s;

-- name: file_form
-- The form that offers a file, until the end of the transaction
SELECT f.distribution_id FROM catalogue.file AS f
WHERE f.dataset_id = %(dataset_id)s AND f.number = %(file)s AND f.distribution_id IS NOT NULL FOR UPDATE;

-- name: file_end
-- Ends the version that is shown, as the dataset stands now
UPDATE catalogue.file_version AS v SET ended_at = now(), state = d.state, room_id = d.room_id
FROM core.dataset AS d
WHERE v.dataset_id = %(dataset_id)s AND v.file = %(file)s AND v.ended_at IS NULL AND d.id = v.dataset_id;

-- name: file_keep
-- Adds a version, which is shown from now on
INSERT INTO catalogue.file_version
    (dataset_id, file, number, content, name, format, media_type, byte_size, sha256, note, restored_from, person_id)
SELECT %(dataset_id)s, %(file)s, coalesce(max(v.number), 0) + 1, %(content)s, %(name)s, %(format)s, %(media_type)s,
       %(byte_size)s, %(sha256)s, %(note)s, %(restored_from)s, %(person_id)s
FROM catalogue.file_version AS v WHERE v.dataset_id = %(dataset_id)s AND v.file = %(file)s
RETURNING number;

-- name: file_remove
-- Removes all versions of a file; its number stays taken
DELETE FROM catalogue.file_version WHERE dataset_id = %(dataset_id)s AND file = %(file)s;

-- name: file_forget
-- Removes one version that is not shown any more
DELETE FROM catalogue.file_version
WHERE dataset_id = %(dataset_id)s AND file = %(file)s AND number = %(number)s AND ended_at IS NOT NULL
RETURNING number;

-- name: contents_gone
-- Contents that no version has had for a day
SELECT g.content FROM catalogue.file_gone AS g
WHERE g.at < now() - interval '1 day'
  AND NOT EXISTS (SELECT FROM catalogue.file_version AS v WHERE v.content = g.content)
LIMIT 1000;

-- name: contents_removed
-- Forgets contents that lie on the disk no more
DELETE FROM catalogue.file_gone WHERE content = ANY (%(contents)s);

-- name: contents_known
-- Which of these contents the database knows, in use or gone
SELECT v.content FROM catalogue.file_version AS v WHERE v.content = ANY (%(contents)s)
UNION SELECT g.content FROM catalogue.file_gone AS g WHERE g.content = ANY (%(contents)s);
