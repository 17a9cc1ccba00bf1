-- SPDX-License-Identifier: EUPL-1.2

-- name: rooms
-- Lists rooms with how many datasets and members they have
SELECT r.id, r.key, r.kind, r.title, r.about, r.terms, r.terms_version, r.organisation_id, p.name,
       (SELECT count(*) FROM core.dataset AS d WHERE d.room_id = r.id AND d.state = 'published'),
       (SELECT count(DISTINCT g.principal_id) FROM core.room_grant AS g
        WHERE g.room_id = r.id AND (g.expires_at IS NULL OR g.expires_at > now())),
       EXISTS (SELECT FROM core.room_acceptance AS a
               WHERE a.room_id = r.id AND a.principal_id = %(person_id)s AND a.version = r.terms_version)
FROM core.room AS r
LEFT JOIN core.principal AS p ON p.id = r.organisation_id
WHERE %(all)s
   OR r.organisation_id = ANY (%(stewarding)s)
   OR r.kind = 'internal' AND %(inside)s
   OR EXISTS (SELECT FROM core.room_grant AS g
              WHERE g.room_id = r.id AND g.principal_id = ANY (%(principals)s) AND 'read' = ANY (g.verbs)
                AND g.starts_at <= now() AND (g.expires_at IS NULL OR g.expires_at > now()))
ORDER BY r.kind = 'restricted', r.kind = 'internal', r.key;

-- name: members
-- Lists who is let into a room, and by what
SELECT g.id, p.id, p.kind, p.name, g.starts_at, g.expires_at, g.agreement_id, a.title,
       g.expires_at IS NOT NULL AND g.expires_at <= now() AS over, g.starts_at > now() AS coming,
       (SELECT max(x.accepted_at) FROM core.room_acceptance AS x
        JOIN core.room AS r ON r.id = x.room_id AND r.terms_version = x.version
        WHERE x.room_id = g.room_id AND x.principal_id = p.id)
FROM core.room_grant AS g
JOIN core.principal AS p ON p.id = g.principal_id
LEFT JOIN governance.agreement AS a ON a.id = g.agreement_id
WHERE g.room_id = %(room_id)s
ORDER BY over, p.kind, p.name, g.id;

-- name: datasets_to_give
-- Lists the datasets in a room that somebody may give to others: those of organisations whose data they answer for, but for
-- withdrawn ones; and those that an agreement names already
SELECT d.id, d.key, d.about, d.state FROM core.dataset AS d
WHERE d.room_id = %(room_id)s
  AND (%(all)s OR coalesce(d.organisation_id, core.city_organisation()) = ANY (%(stewarding)s))
  AND (d.state <> 'withdrawn' OR d.id = ANY (%(named)s))
ORDER BY d.key;

-- name: some_of_room
-- Some datasets that lie in a room, by key, behind a key; a condition of access is added behind
SELECT d.id, d.key, d.about, d.state FROM core.dataset AS d
WHERE d.room_id = %s AND d.key > %s AND strpos(lower(d.key || ' ' || coalesce(d.about -> 'title' ->> 'de', '')), lower(%s)) > 0
  AND;

-- name: create_room
-- Makes a room
INSERT INTO core.room (key, kind, title, about, organisation_id)
VALUES (%(key)s, 'restricted', %(title)s, %(about)s, %(organisation_id)s)
ON CONFLICT (key) DO NOTHING RETURNING id;

-- name: change_room
-- Says anew what a room is called, what it is for, and what its members accept
UPDATE core.room
SET title = %(title)s, about = %(about)s, terms = %(terms)s,
    terms_version = CASE WHEN %(terms)s::jsonb = '{}' THEN 0
                         WHEN terms = %(terms)s::jsonb THEN terms_version
                         ELSE greatest(terms_version, (SELECT coalesce(max(version), 0) FROM core.room_acceptance AS a
                                                       WHERE a.room_id = room.id)) + 1 END
WHERE id = %(room_id)s;

-- name: admit
-- Lets somebody into a room, or says anew until when
INSERT INTO core.room_grant (room_id, principal_id, verbs, expires_at)
VALUES (%(room_id)s, %(principal_id)s, '{read}', %(expires_at)s)
ON CONFLICT (room_id, principal_id, agreement_id) DO UPDATE SET expires_at = excluded.expires_at, verbs = '{read}';

-- name: dismiss
-- Takes a membership away; those by agreement end with the agreement
DELETE FROM core.room_grant
WHERE id = %(grant_id)s AND room_id = %(room_id)s AND agreement_id IS NULL RETURNING principal_id;

-- name: accept_terms
-- Notes that somebody accepts the present terms of a room
INSERT INTO core.room_acceptance (room_id, principal_id, version)
SELECT id, %(principal_id)s, terms_version FROM core.room
WHERE id = %(room_id)s AND terms_version = %(version)s AND terms_version > 0
ON CONFLICT DO NOTHING RETURNING version;

-- name: find_person_by_email
-- Finds somebody who works here by the address of their account. Private accounts are not to be found out, nor by
-- partners anybody but their own people
SELECT i.principal_id
FROM identity.person AS i
WHERE i.email = lower(%(email)s) AND i.disabled_at IS NULL
  AND EXISTS (SELECT FROM core.membership AS m WHERE m.person_id = i.principal_id)
  AND EXISTS (SELECT FROM core.membership AS own
              JOIN core.organisation AS o ON o.principal_id = own.organisation_id
              WHERE own.person_id = %(by)s
                AND (o.kind <> 'partner'
                     OR EXISTS (SELECT FROM core.membership AS m
                                WHERE m.person_id = i.principal_id AND m.organisation_id = own.organisation_id)));

-- name: find_organisation_by_name
-- Finds an organisation by its name
SELECT o.principal_id FROM core.organisation AS o JOIN core.principal AS p ON p.id = o.principal_id
WHERE lower(p.name) = lower(%(name)s);

-- name: organisations
-- Lists organisations by name
SELECT o.principal_id, p.name, o.kind FROM core.organisation AS o
JOIN core.principal AS p ON p.id = o.principal_id ORDER BY p.name;

-- name: find_token_principal
-- Finds the principal of a token that is still good
SELECT principal_id FROM core.token
WHERE id = %(token_id)s AND revoked_at IS NULL AND (expires_at IS NULL OR expires_at > now());
