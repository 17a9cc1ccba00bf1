-- SPDX-License-Identifier: EUPL-1.2

-- name: access_version
-- Reads the number that rises with every change of rights
SELECT version FROM core.access_version;

-- name: find_token
-- Finds the principal behind a token's hash, if the token is valid
SELECT t.id, t.principal_id, p.name, t.default_dataset_id, t.expires_at
FROM core.token AS t
JOIN core.principal AS p ON p.id = t.principal_id
WHERE t.secret_hash = %(secret_hash)s
  AND t.revoked_at IS NULL
  AND (t.expires_at IS NULL OR t.expires_at > now());

-- name: touch_token
-- Notes the day on which a token was last used
UPDATE core.token SET last_used_on = current_date
WHERE id = %(token_id)s AND last_used_on IS DISTINCT FROM current_date;

-- name: find_session
-- Finds the person behind a session's hash, if the session is valid
SELECT s.principal_id, p.name, s.expires_at
FROM core.session AS s
JOIN core.principal AS p ON p.id = s.principal_id
WHERE s.secret_hash = %(secret_hash)s AND s.expires_at > now();

-- name: dataset_rights
-- Lists every dataset with whether the principal may see it, and until when that is so
SELECT d.id,
       (r.kind = 'public'
        OR (t.id IS NOT NULL
            AND EXISTS (SELECT FROM core.token_scope AS ts
                        WHERE ts.token_id = t.id AND ts.dataset_id = d.id AND 'read' = ANY (ts.verbs)))
        OR (%(token_id)s::bigint IS NULL AND g.room_id IS NOT NULL AND 'read' = ANY (g.verbs))) AS visible,
       CASE WHEN r.kind <> 'public' THEN least(g.expires_at, t.expires_at) END AS expires_at
FROM core.dataset AS d
JOIN core.room AS r ON r.id = d.room_id
LEFT JOIN core.room_grant AS g
    ON g.room_id = r.id AND g.principal_id = %(principal_id)s
    AND (g.expires_at IS NULL OR g.expires_at > now())
LEFT JOIN core.token AS t
    ON t.id = %(token_id)s AND t.revoked_at IS NULL AND (t.expires_at IS NULL OR t.expires_at > now())
ORDER BY d.id;

-- name: absences
-- Lists what is deleted but still being removed, and datasets that lie partly in files until an instant
SELECT kind, id, CASE WHEN kind = 'archive' THEN (extract(epoch FROM until) * 1000000)::bigint ELSE 0 END
FROM core.absence ORDER BY kind, id;

-- name: token_verbs
-- Lists the verbs that a token has on each of its datasets
SELECT dataset_id, verbs FROM core.token_scope WHERE token_id = %(token_id)s;

-- name: create_token
-- Stores a token by its hash
INSERT INTO core.token (principal_id, name, secret_hash, default_dataset_id, expires_at)
VALUES (%(principal_id)s, %(name)s, %(secret_hash)s, %(default_dataset_id)s, %(expires_at)s)
RETURNING id;

-- name: create_principal
-- Makes somebody who may be given rights
INSERT INTO core.principal (kind, name) VALUES (%(kind)s, %(name)s) RETURNING id;

-- name: create_token_scope
-- Gives a token verbs on one dataset
INSERT INTO core.token_scope (token_id, dataset_id, verbs) VALUES (%(token_id)s, %(dataset_id)s, %(verbs)s);

-- name: hand_over_token
-- Tells a new token's secret to those who keep a broker in front, and to nobody later
SELECT pg_notify('stadtkern_token', %(payload)s);

-- name: revoke_token
-- Ends a token at once
UPDATE core.token SET revoked_at = now() WHERE id = %(token_id)s AND revoked_at IS NULL RETURNING id;

-- name: list_tokens
-- Lists tokens with their datasets, newest first, without their secrets
SELECT t.id, t.name, t.created_at, t.expires_at, t.revoked_at, t.last_used_on,
       array_agg(d.key || ': ' || array_to_string(ts.verbs, ',') ORDER BY d.key) FILTER (WHERE d.id IS NOT NULL)
FROM core.token AS t
LEFT JOIN core.token_scope AS ts ON ts.token_id = t.id
LEFT JOIN core.dataset AS d ON d.id = ts.dataset_id
GROUP BY t.id ORDER BY t.id DESC;
