-- SPDX-License-Identifier: EUPL-1.2

-- name: memberships_of
-- The organisations somebody belongs to
SELECT o.principal_id, coalesce(o.about -> 'name' ->> 'de', p.name), o.kind, m.role, m.since
FROM core.membership AS m
JOIN core.organisation AS o ON o.principal_id = m.organisation_id
JOIN core.principal AS p ON p.id = o.principal_id
WHERE m.person_id = %(principal_id)s
ORDER BY o.kind <> 'city', 2;

-- name: account_of
-- The account of a person
SELECT p.name, i.email, p.created_at, i.signed_in_at, i.user_id, i.language
FROM core.principal AS p
JOIN identity.person AS i ON i.principal_id = p.id
WHERE p.id = %(principal_id)s;

-- name: set_language
-- Notes in which language somebody wants to read mails; none: the city's first
UPDATE identity.person SET language = %(language)s WHERE principal_id = %(principal_id)s;

-- name: grants_of
-- The rooms that were opened to somebody in person
SELECT r.key, r.title, g.verbs, g.expires_at
FROM core.room_grant AS g
JOIN core.room AS r ON r.id = g.room_id
WHERE g.principal_id = %(principal_id)s
ORDER BY r.key;

-- name: only_administrator
-- Whether nobody else could look after the city
SELECT EXISTS (SELECT FROM core.membership AS m JOIN core.organisation AS o ON o.principal_id = m.organisation_id
               WHERE o.kind = 'city' AND m.role = 'administrator' AND m.person_id = %(principal_id)s)
   AND NOT EXISTS (
    SELECT FROM core.membership AS m
    JOIN core.organisation AS o ON o.principal_id = m.organisation_id AND o.kind = 'city'
    JOIN identity.person AS i ON i.principal_id = m.person_id AND i.disabled_at IS NULL
    WHERE m.role = 'administrator' AND m.person_id <> %(principal_id)s);

-- name: hold_people
-- Lets one at a time take people away, so that the last administrator cannot be two
LOCK TABLE core.membership IN SHARE ROW EXCLUSIVE MODE;

-- name: end_tokens_of
-- Removes what acts on somebody's behalf
DELETE FROM core.token WHERE person_id = %(principal_id)s;

-- name: linked_accounts
-- Whether accounts were ever linked with a provider here
SELECT to_regclass('web.socialaccount_socialaccount') IS NOT NULL;

-- name: unlink_accounts
-- Removes the links of an account with a provider, whether one is set at the moment or not
WITH linked AS (SELECT id FROM web.socialaccount_socialaccount WHERE user_id = %(user_id)s),
     tokens AS (DELETE FROM web.socialaccount_socialtoken WHERE account_id IN (SELECT id FROM linked))
DELETE FROM web.socialaccount_socialaccount WHERE id IN (SELECT id FROM linked);

-- name: end_grants_of
-- Takes the rooms away that were opened to somebody
DELETE FROM core.room_grant WHERE principal_id = %(principal_id)s;

-- name: end_memberships_of
-- Takes all roles away
DELETE FROM core.membership WHERE person_id = %(principal_id)s;

-- name: forget_person
-- Removes what is known of a person
DELETE FROM identity.person WHERE principal_id = %(principal_id)s;

-- name: forget_invitations_to
-- Removes links that were made for somebody
DELETE FROM identity.invitation WHERE person_id = %(principal_id)s OR email = %(email)s AND email <> '';

-- name: forget_name
-- Leaves of a person only a number, which others may still refer to
UPDATE core.principal SET name = '–' WHERE id = %(principal_id)s;

-- name: end_one_session
-- Signs somebody out in one place
WITH own AS (
    DELETE FROM identity.session
    WHERE encode(secret_hash, 'hex') = %(session)s AND principal_id = %(principal_id)s RETURNING secret_hash
)
DELETE FROM core.session WHERE secret_hash = (SELECT secret_hash FROM own);
