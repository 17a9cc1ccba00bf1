-- SPDX-License-Identifier: EUPL-1.2

-- name: version_keep
-- Keeps the metadata of a dataset as they are now, unless they are what was kept last
WITH present AS (
    SELECT d.id, d.state, d.room_id,
           jsonb_build_object(
               'dataset', to_jsonb(c) - '{dataset_id,area,changed_at,changed_by}'::text[],
               'distributions', coalesce(
                   (SELECT jsonb_agg(to_jsonb(p) - '{id,dataset_id}'::text[] ORDER BY p.position, p.id)
                    FROM catalogue.distribution AS p WHERE p.dataset_id = d.id), '[]')) AS document
    FROM core.dataset AS d
    JOIN catalogue.dataset AS c ON c.dataset_id = d.id
    WHERE d.id = %(dataset_id)s
), newest AS (
    SELECT v.number, v.document, v.state, v.room_id
    FROM catalogue.metadata_version AS v
    WHERE v.dataset_id = %(dataset_id)s
    ORDER BY v.number DESC LIMIT 1
)
INSERT INTO catalogue.metadata_version (dataset_id, number, person_id, note, state, room_id, document)
SELECT n.id, coalesce(l.number, 0) + 1, %(person_id)s, %(note)s, n.state, n.room_id, n.document
FROM present AS n LEFT JOIN newest AS l ON true
WHERE l.number IS NULL OR (l.document, l.state, l.room_id) IS DISTINCT FROM (n.document, n.state, n.room_id);

-- name: versions
-- Versions of one dataset; `all` for those who work on it, else only what everybody in its room could read then
SELECT v.number, v.at, coalesce(p.name, ''), v.note, v.state, v.document
FROM catalogue.metadata_version AS v
JOIN core.dataset AS d ON d.id = v.dataset_id
JOIN core.room AS r ON r.id = v.room_id
LEFT JOIN core.principal AS p ON p.id = v.person_id
WHERE v.dataset_id = %(dataset_id)s
  AND (%(all)s OR (v.state = 'published' AND (v.room_id = d.room_id OR r.kind = 'public')))
  AND (%(number)s::integer IS NULL OR v.number = %(number)s)
ORDER BY v.number DESC
LIMIT 200;
