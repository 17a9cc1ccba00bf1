-- SPDX-License-Identifier: EUPL-1.2

-- name: organisations
-- Organisations with how many people and datasets they have; all of them, or those named
SELECT o.principal_id, coalesce(o.about -> 'name' ->> 'de', p.name), o.kind, o.about,
       (SELECT count(*) FROM core.membership AS m WHERE m.organisation_id = o.principal_id)
FROM core.organisation AS o
JOIN core.principal AS p ON p.id = o.principal_id
WHERE %(ids)s::bigint[] IS NULL OR o.principal_id = ANY (%(ids)s)
ORDER BY o.kind <> 'city', o.kind, 2;

-- name: members_of
-- Who belongs to an organisation, in which role
SELECT p.id, p.name, i.email, m.role, m.since, i.signed_in_at
FROM core.membership AS m
JOIN core.principal AS p ON p.id = m.person_id
LEFT JOIN identity.person AS i ON i.principal_id = p.id
WHERE m.organisation_id = %(organisation_id)s
ORDER BY array_position('{administrator,publisher,steward,editor,reader}'::text[], m.role), p.name;

-- name: create_organisation
-- Makes an organisation
WITH made AS (INSERT INTO core.principal (kind, name) VALUES ('organisation', %(name)s) RETURNING id)
INSERT INTO core.organisation (principal_id, kind, about) SELECT id, %(kind)s, %(about)s FROM made
RETURNING principal_id;

-- name: change_organisation
-- Writes what is said of an organisation; what is not said stays as it is
WITH named AS (UPDATE core.principal SET name = %(name)s WHERE id = %(organisation_id)s)
UPDATE core.organisation SET about = about || %(about)s WHERE principal_id = %(organisation_id)s;

-- name: set_role
-- Gives somebody who belongs to an organisation another role
UPDATE core.membership SET role = %(role)s
WHERE person_id = %(person_id)s AND organisation_id = %(organisation_id)s AND role <> %(role)s RETURNING role;

-- name: remove_member
-- Takes somebody out of an organisation
DELETE FROM core.membership WHERE person_id = %(person_id)s AND organisation_id = %(organisation_id)s RETURNING role;

-- name: member
-- Somebody who belongs to an organisation
SELECT m.role, i.email, o.kind
FROM core.membership AS m
JOIN core.organisation AS o ON o.principal_id = m.organisation_id
LEFT JOIN identity.person AS i ON i.principal_id = m.person_id
WHERE m.person_id = %(person_id)s AND m.organisation_id = %(organisation_id)s;
