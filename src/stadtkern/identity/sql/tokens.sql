-- SPDX-License-Identifier: EUPL-1.2

-- name: tokens_of_person
-- The tokens that act on somebody's behalf, newest first
SELECT t.id, t.name, t.created_at, t.expires_at, t.revoked_at, t.last_used_on,
       coalesce(jsonb_object_agg(d.key, jsonb_build_object('verbs', s.verbs, 'streams', s.datastream_ids)) FILTER (WHERE d.id IS NOT NULL), '{}')
FROM core.token AS t
LEFT JOIN core.token_scope AS s ON s.token_id = t.id
LEFT JOIN core.dataset AS d ON d.id = s.dataset_id
WHERE t.person_id = %(principal_id)s
GROUP BY t.id ORDER BY t.id DESC;

-- name: tokens_of_organisations
-- The keys of devices of some organisations, newest first
SELECT t.id, t.name, t.created_at, t.expires_at, t.revoked_at, t.last_used_on,
       coalesce(jsonb_object_agg(d.key, jsonb_build_object('verbs', s.verbs, 'streams', s.datastream_ids)) FILTER (WHERE d.id IS NOT NULL), '{}'), p.name
FROM core.token AS t
JOIN core.principal AS p ON p.id = t.organisation_id
LEFT JOIN core.token_scope AS s ON s.token_id = t.id
LEFT JOIN core.dataset AS d ON d.id = s.dataset_id
WHERE t.organisation_id = ANY (%(ids)s)
  AND (t.revoked_at IS NULL OR t.revoked_at > now() - interval '30 days')
GROUP BY t.id, p.name ORDER BY t.id DESC LIMIT 500;

-- name: hold_account
-- Finds a person whose account is open, and keeps others from closing it meanwhile
SELECT principal_id FROM identity.person WHERE principal_id = %(principal_id)s AND disabled_at IS NULL FOR SHARE;

-- name: end_own_token
-- Ends a token that acts on somebody's behalf
UPDATE core.token SET revoked_at = now()
WHERE id = %(token_id)s AND person_id = %(person_id)s AND revoked_at IS NULL RETURNING id;

-- name: end_device
-- Ends the key of a device of one of these organisations
UPDATE core.token SET revoked_at = now()
WHERE id = %(token_id)s AND organisation_id = ANY (%(ids)s) AND revoked_at IS NULL RETURNING id;

-- name: all_organisations
-- The ids of all organisations
SELECT principal_id FROM core.organisation ORDER BY principal_id;

-- name: datasets_for_tokens
-- Datasets that a token could be made for; conditions are added behind
SELECT d.id, d.key, coalesce(d.about -> 'title' ->> 'de', d.key), d.organisation_id
FROM core.dataset AS d
WHERE;
