-- SPDX-License-Identifier: EUPL-1.2

-- name: find_person
-- Finds who is signed in with a session, and their role in each organisation
SELECT p.id, p.name, i.email,
       coalesce(jsonb_object_agg(m.organisation_id, m.role) FILTER (WHERE m.role IS NOT NULL), '{}') AS roles,
       coalesce(bool_or(o.kind = 'city' AND m.role = 'administrator'), false) AS administrator
FROM core.session AS s
JOIN core.principal AS p ON p.id = s.principal_id AND p.kind = 'person'
LEFT JOIN identity.person AS i ON i.principal_id = p.id
LEFT JOIN core.membership AS m ON m.person_id = p.id
LEFT JOIN core.organisation AS o ON o.principal_id = m.organisation_id
WHERE s.secret_hash = %(secret_hash)s AND s.expires_at > now() AND i.disabled_at IS NULL
GROUP BY p.id, p.name, i.email;

-- name: organisation_of_dataset
-- Whose a dataset is
SELECT d.organisation_id FROM core.dataset AS d WHERE d.id = %(dataset_id)s;
