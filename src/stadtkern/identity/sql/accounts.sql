-- SPDX-License-Identifier: EUPL-1.2

-- name: accounts
-- People with an account by name, those after a name and number; all, or those whose name or address has the words
SELECT p.id, p.name, i.email, i.disabled_at, i.signed_in_at,
       (SELECT coalesce(array_agg(coalesce(o.about -> 'name' ->> 'de', q.name) ORDER BY 1), '{}')
        FROM core.membership AS m
        JOIN core.organisation AS o ON o.principal_id = m.organisation_id
        JOIN core.principal AS q ON q.id = o.principal_id
        WHERE m.person_id = p.id)
FROM identity.person AS i
JOIN core.principal AS p ON p.id = i.principal_id
WHERE (%(words)s::text IS NULL OR strpos(lower(p.name || ' ' || i.email), lower(%(words)s)) > 0)
  AND (NOT %(closed)s OR i.disabled_at IS NOT NULL)
  AND (%(after)s::text IS NULL OR (p.name, p.id) > (%(after)s, %(after_id)s::bigint))
ORDER BY p.name, p.id LIMIT %(limit)s;

-- name: person_at_work
-- One person with an account, and what is open for them at the moment
SELECT p.id, p.name, i.email, i.disabled_at, i.signed_in_at,
       (SELECT count(*) FROM core.session AS s WHERE s.principal_id = p.id AND s.expires_at > now()),
       (SELECT count(*) FROM core.token AS t
        WHERE t.person_id = p.id AND t.revoked_at IS NULL AND (t.expires_at IS NULL OR t.expires_at > now()))
FROM identity.person AS i
JOIN core.principal AS p ON p.id = i.principal_id
WHERE p.id = %(principal_id)s;

-- name: close_account
-- Keeps a person from signing in; gives nothing where that was so already
UPDATE identity.person SET disabled_at = now()
WHERE principal_id = %(principal_id)s AND disabled_at IS NULL RETURNING principal_id;

-- name: open_account
-- Lets a person sign in again; gives nothing where they could
UPDATE identity.person SET disabled_at = NULL
WHERE principal_id = %(principal_id)s AND disabled_at IS NOT NULL RETURNING principal_id;

-- name: switch_user
-- Says whether the account that Django knows may sign in
UPDATE web.identity_user SET is_active = %(active)s
WHERE id = (SELECT user_id FROM identity.person WHERE principal_id = %(principal_id)s);

-- name: revoke_tokens_of
-- Ends what acts on somebody's behalf; the entries stay to be seen
UPDATE core.token SET revoked_at = now() WHERE person_id = %(principal_id)s AND revoked_at IS NULL;

-- name: forget_links_of
-- Removes unused links that somebody made or that would let them in
DELETE FROM identity.invitation
WHERE used_at IS NULL AND (invited_by = %(principal_id)s OR person_id = %(principal_id)s);
