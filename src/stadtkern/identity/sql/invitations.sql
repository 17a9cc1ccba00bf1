-- SPDX-License-Identifier: EUPL-1.2

-- name: create_invitation
-- Keeps the hash of a link that lets somebody in once
INSERT INTO identity.invitation (secret_hash, email, name, person_id, organisation_id, role, invited_by, expires_at)
VALUES (%(secret_hash)s, %(email)s, %(name)s, %(person_id)s::bigint, %(organisation_id)s::bigint, %(role)s,
        %(invited_by)s::bigint, now() + %(lasts)s::interval)
RETURNING uuid;

-- name: forget_first_links
-- Removes earlier links for the first administrator, so that one is valid at a time, and links long over
DELETE FROM identity.invitation
WHERE invited_by IS NULL AND person_id IS NULL OR expires_at < now() - interval '90 days';

-- name: forget_links_for
-- Removes earlier links for the same person, so that one is valid at a time
DELETE FROM identity.invitation
WHERE used_at IS NULL AND organisation_id IS NOT DISTINCT FROM %(organisation_id)s::bigint
  AND (person_id = %(person_id)s::bigint OR person_id IS NULL AND email = %(email)s AND email <> '');

-- name: find_invitation
-- Finds a link that is still valid
SELECT i.uuid, i.email, i.name, i.person_id, i.organisation_id, i.role, o.name
FROM identity.invitation AS i
LEFT JOIN core.principal AS o ON o.id = i.organisation_id
WHERE i.secret_hash = %(secret_hash)s AND i.used_at IS NULL AND i.expires_at > now();

-- name: use_invitation
-- Uses a link up; gives nothing to the second who tries
UPDATE identity.invitation SET used_at = now()
WHERE secret_hash = %(secret_hash)s AND used_at IS NULL AND expires_at > now()
RETURNING email, name, person_id, organisation_id, role;

-- name: open_invitations
-- Links of an organisation that nobody has used yet
SELECT i.uuid, i.email, i.role, i.expires_at, p.name
FROM identity.invitation AS i
LEFT JOIN core.principal AS p ON p.id = i.invited_by
WHERE i.organisation_id = %(organisation_id)s AND i.used_at IS NULL AND i.expires_at > now()
ORDER BY i.created_at DESC;

-- name: withdraw_invitation
-- Takes a link back
DELETE FROM identity.invitation
WHERE uuid = %(uuid)s AND organisation_id = %(organisation_id)s AND used_at IS NULL RETURNING true;

-- name: has_administrator
-- Whether somebody can look after the installation
SELECT EXISTS (
    SELECT FROM core.membership AS m
    JOIN core.organisation AS o ON o.principal_id = m.organisation_id AND o.kind = 'city'
    JOIN identity.person AS p ON p.principal_id = m.person_id AND p.disabled_at IS NULL
    WHERE m.role = 'administrator');

-- name: city_organisation
-- The organisation that is the city
SELECT core.city_organisation();

-- name: join_organisation
-- Gives somebody a role in an organisation, never a lower one than they have
INSERT INTO core.membership AS m (person_id, organisation_id, role)
VALUES (%(person_id)s, %(organisation_id)s, %(role)s)
ON CONFLICT (person_id, organisation_id) DO UPDATE SET role = excluded.role
    WHERE array_position('{reader,editor,steward,publisher,administrator}'::text[], m.role)
        < array_position('{reader,editor,steward,publisher,administrator}'::text[], excluded.role);

-- name: forget_links_by
-- Removes unused links that somebody made for an organisation that they no longer administer
DELETE FROM identity.invitation
WHERE invited_by = %(person_id)s AND organisation_id = %(organisation_id)s AND used_at IS NULL;
