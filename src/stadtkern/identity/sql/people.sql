-- SPDX-License-Identifier: EUPL-1.2

-- name: find_person
-- Finds who is signed in with a session, their role in each organisation, and which of these are partners of the city
SELECT p.id, p.name, i.email,
       coalesce(jsonb_object_agg(m.organisation_id, m.role) FILTER (WHERE m.role IS NOT NULL), '{}') AS roles,
       coalesce(bool_or(o.kind = 'city' AND m.role = 'administrator'), false) AS administrator,
       coalesce(array_agg(o.principal_id) FILTER (WHERE o.kind = 'partner'), '{}') AS partners
FROM core.session AS s
JOIN core.principal AS p ON p.id = s.principal_id AND p.kind = 'person'
LEFT JOIN identity.person AS i ON i.principal_id = p.id
LEFT JOIN core.membership AS m ON m.person_id = p.id
LEFT JOIN core.organisation AS o ON o.principal_id = m.organisation_id
WHERE s.secret_hash = %(secret_hash)s AND s.expires_at > now() AND i.disabled_at IS NULL
GROUP BY p.id, p.name, i.email;

-- name: person_by_number
-- Finds somebody whose account is open by number, with their roles as above
SELECT p.id, p.name, i.email,
       coalesce(jsonb_object_agg(m.organisation_id, m.role) FILTER (WHERE m.role IS NOT NULL), '{}') AS roles,
       coalesce(bool_or(o.kind = 'city' AND m.role = 'administrator'), false) AS administrator,
       coalesce(array_agg(o.principal_id) FILTER (WHERE o.kind = 'partner'), '{}') AS partners
FROM core.principal AS p
JOIN identity.person AS i ON i.principal_id = p.id
LEFT JOIN core.membership AS m ON m.person_id = p.id
LEFT JOIN core.organisation AS o ON o.principal_id = m.organisation_id
WHERE p.id = %(principal_id)s AND p.kind = 'person' AND i.disabled_at IS NULL
GROUP BY p.id, p.name, i.email;

-- name: organisation_of_dataset
-- Whose a dataset is
SELECT d.organisation_id FROM core.dataset AS d WHERE d.id = %(dataset_id)s;

-- name: create_person
-- Makes the person behind a new account
WITH made AS (INSERT INTO core.principal (kind, name) VALUES ('person', %(name)s) RETURNING id)
INSERT INTO identity.person (principal_id, email, user_id)
SELECT id, %(email)s, %(user_id)s FROM made RETURNING principal_id;

-- name: update_person
-- Brings name and address of the person behind an account up to date
WITH known AS (
    UPDATE identity.person SET email = %(email)s WHERE user_id = %(user_id)s RETURNING principal_id
)
UPDATE core.principal AS p SET name = %(name)s FROM known WHERE p.id = known.principal_id RETURNING p.id;

-- name: user_of_person
-- The account with which a person signs in
SELECT user_id FROM identity.person WHERE principal_id = %(principal_id)s AND user_id IS NOT NULL AND disabled_at IS NULL;

-- name: act_as
-- Says who changes something in this transaction; changes of rights are noted under this number
SELECT set_config('stadtkern.actor', %(principal_id)s::text, true);
