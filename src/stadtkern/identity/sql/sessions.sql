-- SPDX-License-Identifier: EUPL-1.2

-- name: load_session
-- What a session remembers; of somebody signed in only as long as both halves of the session are there
SELECT s.data
FROM identity.session AS s
LEFT JOIN core.session AS c ON c.secret_hash = s.secret_hash AND c.principal_id = s.principal_id AND c.expires_at > now()
LEFT JOIN identity.person AS p ON p.principal_id = s.principal_id
WHERE s.secret_hash = %(secret_hash)s AND s.expires_at > now()
  AND (s.principal_id IS NULL OR c.secret_hash IS NOT NULL AND p.disabled_at IS NULL);

-- name: session_exists
-- Whether a session's secret is in use
SELECT true FROM identity.session WHERE secret_hash = %(secret_hash)s;

-- name: create_session
-- Begins a session of somebody who is not signed in
INSERT INTO identity.session (secret_hash, data, expires_at)
VALUES (%(secret_hash)s, %(data)s, now() + %(lasts)s::interval)
ON CONFLICT (secret_hash) DO NOTHING
RETURNING true;

-- name: save_session
-- Writes what a session remembers, and says who it belonged to before
UPDATE identity.session AS s SET data = %(data)s
FROM (SELECT secret_hash, principal_id FROM identity.session WHERE secret_hash = %(secret_hash)s FOR UPDATE) AS before
WHERE s.secret_hash = before.secret_hash
RETURNING before.principal_id;

-- name: person_of_user
-- The person behind an account that may sign in
SELECT principal_id FROM identity.person WHERE user_id = %(user_id)s AND disabled_at IS NULL;

-- name: open_session
-- Signs a session in: from now on both planes know whose it is, until it ends
WITH own AS (
    UPDATE identity.session
    SET principal_id = %(principal_id)s, expires_at = now() + %(lasts)s::interval, created_at = now(), device = %(device)s
    WHERE secret_hash = %(secret_hash)s AND principal_id IS NULL
    RETURNING secret_hash, principal_id, expires_at
), noted AS (
    -- An account that is being closed at this moment keeps the row; then nothing is opened.
    UPDATE identity.person SET signed_in_at = now()
    WHERE principal_id = (SELECT principal_id FROM own) AND disabled_at IS NULL RETURNING principal_id
)
INSERT INTO core.session (secret_hash, principal_id, expires_at)
SELECT own.secret_hash, own.principal_id, own.expires_at FROM own JOIN noted USING (principal_id);

-- name: end_session
-- Forgets one session in both planes
WITH own AS (DELETE FROM identity.session WHERE secret_hash = %(secret_hash)s)
DELETE FROM core.session WHERE secret_hash = %(secret_hash)s;

-- name: end_sessions_of
-- Ends all sessions of a person but one
WITH own AS (
    DELETE FROM identity.session
    WHERE principal_id = %(principal_id)s AND secret_hash IS DISTINCT FROM %(but)s::bytea
)
DELETE FROM core.session WHERE principal_id = %(principal_id)s AND secret_hash IS DISTINCT FROM %(but)s::bytea;

-- name: end_old_sessions
-- Removes what has ended
DELETE FROM identity.session WHERE expires_at < now();

-- name: end_old_sign_ins
-- Removes what has ended, of those who were signed in; asked for only where there is something to remove
DELETE FROM core.session WHERE expires_at < now();

-- name: old_sign_ins
-- Whether any sign-in has ended by time
SELECT EXISTS (SELECT FROM core.session WHERE expires_at < now());

-- name: sessions_of
-- Where somebody is signed in, newest first
SELECT encode(s.secret_hash, 'hex'), s.device, s.created_at, s.expires_at, s.secret_hash = %(own)s::bytea
FROM identity.session AS s
JOIN core.session AS c ON c.secret_hash = s.secret_hash
WHERE s.principal_id = %(principal_id)s AND s.expires_at > now()
ORDER BY s.created_at DESC;
