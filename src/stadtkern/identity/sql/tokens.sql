-- SPDX-License-Identifier: EUPL-1.2

-- name: tokens_of_person
-- The tokens that act on somebody's behalf, newest first
SELECT t.id, t.name, t.created_at, t.expires_at, t.revoked_at, t.last_used_on,
       coalesce(jsonb_object_agg(d.key, s.verbs) FILTER (WHERE d.id IS NOT NULL), '{}')
FROM core.token AS t
LEFT JOIN core.token_scope AS s ON s.token_id = t.id
LEFT JOIN core.dataset AS d ON d.id = s.dataset_id
WHERE t.person_id = %(principal_id)s
GROUP BY t.id ORDER BY t.id DESC;
