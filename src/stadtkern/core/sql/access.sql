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
-- Which datasets the principal sees (or does not, where those are fewer), until when, and which not everybody sees
WITH token AS MATERIALIZED (
    SELECT t.id, t.principal_id, t.person_id, t.organisation_id, t.expires_at
    FROM core.token AS t
    WHERE t.id = %(token_id)s::bigint
      AND t.revoked_at IS NULL AND (t.expires_at IS NULL OR t.expires_at > now())
), person AS MATERIALIZED (
    SELECT p.id
    FROM core.principal AS p
    WHERE p.kind = 'person'
      AND p.id = CASE WHEN %(token_id)s::bigint IS NULL THEN %(principal_id)s::bigint
                      ELSE (SELECT person_id FROM token) END
), member AS MATERIALIZED (
    SELECT o.principal_id AS organisation_id, o.kind, m.role
    FROM core.membership AS m
    JOIN core.organisation AS o ON o.principal_id = m.organisation_id
    WHERE m.person_id = (SELECT id FROM person)
), accepted AS MATERIALIZED (
    SELECT r.id AS room_id
    FROM core.room AS r
    WHERE r.terms_version = 0
       OR EXISTS (SELECT FROM core.room_acceptance AS a
                  WHERE a.room_id = r.id AND a.version = r.terms_version AND a.principal_id IN (SELECT id FROM person))
), own AS MATERIALIZED (
    SELECT g.room_id, g.starts_at, g.expires_at, g.dataset_ids, g.principal_id = (SELECT principal_id FROM token) AS by_token
    FROM core.room_grant AS g
    WHERE 'read' = ANY (g.verbs) AND (g.expires_at IS NULL OR g.expires_at > now())
      AND (g.principal_id IN (SELECT id FROM person UNION ALL SELECT organisation_id FROM member)
           AND g.room_id IN (SELECT room_id FROM accepted)
           OR g.principal_id = (SELECT principal_id FROM token)
           AND EXISTS (SELECT FROM core.room AS r
                       WHERE r.id = g.room_id
                         AND (r.terms_version = 0 OR EXISTS (SELECT FROM core.room_acceptance AS a
                                                             WHERE a.room_id = r.id AND a.version = r.terms_version
                                                               AND a.principal_id = g.principal_id))))
), named AS MATERIALIZED (
    SELECT d.id AS dataset_id, d.room_id, d.state, coalesce(d.organisation_id, 0) AS organisation_id
    FROM core.dataset AS d
    WHERE d.id IN (
        SELECT unnest(o.dataset_ids) FROM own AS o
        UNION
        SELECT s.dataset_id FROM core.token_scope AS s WHERE s.token_id = (SELECT id FROM token) AND 'read' = ANY (s.verbs))
), subject AS MATERIALIZED (
    -- Rights speak of rooms, states and organisations: what has these in common is judged once,
    -- and by itself only what a grant or a token names.
    SELECT k.room_id, k.state, k.organisation_id, NULL::bigint AS dataset_id,
           k.size - (SELECT count(*) FROM named AS n
                     WHERE (n.room_id, n.state, n.organisation_id) = (k.room_id, k.state, k.organisation_id)) AS size
    FROM core.dataset_class AS k
    UNION ALL
    SELECT n.room_id, n.state, n.organisation_id, n.dataset_id, 1 FROM named AS n
), seen AS (
    SELECT d.room_id, d.state, d.organisation_id, d.dataset_id, d.size,
           r.kind = 'public' AND d.state = 'published' AS by_all,
           (r.kind = 'public' OR g.expires_at IS NOT NULL
            OR r.kind = 'internal' AND EXISTS (SELECT FROM member WHERE kind <> 'partner')
               AND r.id IN (SELECT room_id FROM accepted))
           AND EXISTS (SELECT FROM person)
           AND (d.state = 'published'
                OR d.organisation_id IN (SELECT organisation_id FROM member WHERE role <> 'reader')
                OR EXISTS (SELECT FROM member WHERE kind = 'city' AND role = 'administrator')) AS by_person,
           (s.token_id IS NOT NULL AND d.state <> 'withdrawn'
            AND (t.organisation_id IS NULL OR d.organisation_id = t.organisation_id))
           OR (tg.expires_at IS NOT NULL AND d.state = 'published') AS by_token,
           CASE WHEN r.kind <> 'public'
                     AND NOT (r.kind = 'internal' AND EXISTS (SELECT FROM member WHERE kind <> 'partner')
                              AND r.id IN (SELECT room_id FROM accepted))
                THEN g.expires_at END AS person_until,
           CASE WHEN s.token_id IS NULL THEN tg.expires_at END AS grant_until,
           t.id AS token_id, t.person_id, t.expires_at AS token_until
    FROM subject AS d
    JOIN core.room AS r ON r.id = d.room_id
    LEFT JOIN token AS t ON true
    LEFT JOIN core.token_scope AS s ON s.token_id = t.id AND s.dataset_id = d.dataset_id AND 'read' = ANY (s.verbs)
         AND s.datastream_ids IS NULL
    CROSS JOIN LATERAL (
        SELECT max(coalesce(o.expires_at, 'infinity')) AS expires_at FROM own AS o
        WHERE o.room_id = d.room_id AND (o.dataset_ids IS NULL OR d.dataset_id = ANY (o.dataset_ids))
          AND o.starts_at <= now() AND o.by_token IS NOT TRUE
    ) AS g
    CROSS JOIN LATERAL (
        SELECT max(coalesce(o.expires_at, 'infinity')) AS expires_at FROM own AS o
        WHERE o.room_id = d.room_id AND (o.dataset_ids IS NULL OR d.dataset_id = ANY (o.dataset_ids))
          AND o.starts_at <= now() AND o.by_token
    ) AS tg
), judged AS MATERIALIZED (
    SELECT room_id, state, organisation_id, dataset_id, size,
       (by_all OR CASE WHEN %(token_id)s::bigint IS NULL THEN by_person
                      ELSE token_id IS NOT NULL AND by_token AND (person_id IS NULL OR by_person) END) IS TRUE AS visible,
       CASE WHEN NOT by_all
            THEN nullif(least(CASE WHEN person_id IS NOT NULL OR token_id IS NULL THEN person_until END, grant_until, token_until,
                              (SELECT min(starts_at) FROM own WHERE starts_at > now())), 'infinity')
       END AS expires_at,
       by_all
    FROM seen
), ruled AS (
    SELECT coalesce(sum(size) FILTER (WHERE NOT visible), 0) < coalesce(sum(size) FILTER (WHERE visible), 0) AS negated,
           min(expires_at) AS expires_at
    FROM judged
), listed AS MATERIALIZED (
    SELECT d.id AS dataset_id, j.visible, j.by_all
    FROM ruled AS r
    JOIN judged AS j ON j.visible <> r.negated OR j.visible AND NOT j.by_all
    CROSS JOIN LATERAL (
        SELECT j.dataset_id AS id WHERE j.dataset_id IS NOT NULL
        UNION ALL
        SELECT d.id FROM core.dataset AS d
        WHERE j.dataset_id IS NULL AND (d.room_id, d.state, coalesce(d.organisation_id, 0)) = (j.room_id, j.state, j.organisation_id)
          AND d.id NOT IN (SELECT dataset_id FROM named)
    ) AS d
)
SELECT r.negated,
       ARRAY(SELECT l.dataset_id FROM listed AS l WHERE l.visible <> r.negated ORDER BY 1) AS ids,
       r.expires_at,
       ARRAY(SELECT l.dataset_id FROM listed AS l WHERE l.visible AND NOT l.by_all) AS closed
FROM ruled AS r;

-- name: wrong_classes
-- Counts the classes of datasets whose size is not what it says; none unless somebody wrote past the triggers
SELECT count(*)
FROM (SELECT room_id, state, coalesce(organisation_id, 0) AS organisation_id, count(*) AS size
      FROM core.dataset GROUP BY 1, 2, 3) AS d
FULL JOIN (SELECT * FROM core.dataset_class WHERE size <> 0) AS k USING (room_id, state, organisation_id)
WHERE k.size IS DISTINCT FROM d.size;

-- name: rights_changed
-- Raises the version of rights, which also keeps all changes of them waiting until the end of the transaction
WITH told AS (SELECT pg_notify('stadtkern_access', ''))
UPDATE core.access_version SET version = version + 1 FROM told;

-- name: recount_classes
-- Counts all classes of datasets anew
MERGE INTO core.dataset_class AS k
USING (SELECT coalesce(d.room_id, o.room_id) AS room_id, coalesce(d.state, o.state) AS state,
              coalesce(d.organisation_id, o.organisation_id) AS organisation_id, coalesce(d.size, 0) AS size
       FROM (SELECT room_id, state, coalesce(organisation_id, 0) AS organisation_id, count(*) AS size
             FROM core.dataset GROUP BY 1, 2, 3) AS d
       FULL JOIN core.dataset_class AS o USING (room_id, state, organisation_id)) AS c
ON (k.room_id, k.state, k.organisation_id) = (c.room_id, c.state, c.organisation_id)
WHEN MATCHED THEN UPDATE SET size = c.size
WHEN NOT MATCHED THEN INSERT VALUES (c.room_id, c.state, c.organisation_id, c.size);

-- name: absences
-- Lists what is deleted but still being removed, and datasets that lie partly in files until an instant
SELECT kind, id, CASE WHEN kind = 'archive' THEN (extract(epoch FROM until) * 1000000)::bigint ELSE 0 END
FROM core.absence ORDER BY kind, id;

-- name: token_verbs
-- Lists the verbs of a token per dataset, or for which datastreams of it, never more than whoever is behind it has, and
-- whether the dataset is not for all
SELECT s.dataset_id, s.datastream_ids, r.verbs, o.kind <> 'public' OR d.state <> 'published', t.person_id
FROM core.token_scope AS s
JOIN core.token AS t ON t.id = s.token_id
JOIN core.dataset AS d ON d.id = s.dataset_id
JOIN core.room AS o ON o.id = d.room_id
CROSS JOIN LATERAL (
    SELECT CASE WHEN t.person_id IS NULL OR EXISTS (
                    SELECT FROM core.membership AS m
                    JOIN core.organisation AS o ON o.principal_id = m.organisation_id
                    WHERE m.person_id = t.person_id
                      AND (m.organisation_id = d.organisation_id AND m.role <> 'reader'
                           OR o.kind = 'city' AND m.role = 'administrator'))
                THEN s.verbs ELSE array(SELECT v FROM unnest(s.verbs) AS v WHERE v = 'read') END AS verbs
) AS r
WHERE s.token_id = %(token_id)s AND (t.organisation_id IS NULL OR d.organisation_id = t.organisation_id);

-- name: token_streams
-- Lists the datastreams that a token may read without the rest of their dataset, and on whose behalf
SELECT s.dataset_id, s.datastream_ids, t.person_id, t.expires_at, o.kind <> 'public' OR d.state <> 'published'
FROM core.token_scope AS s
JOIN core.token AS t ON t.id = s.token_id
JOIN core.dataset AS d ON d.id = s.dataset_id
JOIN core.room AS o ON o.id = d.room_id
WHERE s.token_id = %(token_id)s AND s.datastream_ids IS NOT NULL AND 'read' = ANY (s.verbs)
  AND d.state <> 'withdrawn' AND (t.organisation_id IS NULL OR d.organisation_id = t.organisation_id)
  AND t.revoked_at IS NULL AND (t.expires_at IS NULL OR t.expires_at > now());

-- name: create_token
-- Stores a token by its hash
INSERT INTO core.token (principal_id, name, secret_hash, default_dataset_id, expires_at, person_id, organisation_id)
VALUES (%(principal_id)s, %(name)s, %(secret_hash)s, %(default_dataset_id)s, %(expires_at)s, %(person_id)s, %(organisation_id)s)
RETURNING id;

-- name: create_principal
-- Makes somebody who may be given rights
INSERT INTO core.principal (kind, name) VALUES (%(kind)s, %(name)s) RETURNING id;

-- name: create_token_scope
-- Gives a token verbs on one dataset, or on single datastreams of it
INSERT INTO core.token_scope (token_id, dataset_id, verbs, datastream_ids)
VALUES (%(token_id)s, %(dataset_id)s, %(verbs)s, %(datastream_ids)s);

-- name: hand_over_token
-- Tells a new token's secret to those who keep a broker in front, and to nobody later
SELECT pg_notify('stadtkern_token', %(payload)s);

-- name: revoke_token
-- Ends a token at once
UPDATE core.token SET revoked_at = now() WHERE id = %(token_id)s AND revoked_at IS NULL RETURNING id;

-- name: list_tokens
-- Lists tokens with their datasets, newest first, without their secrets
SELECT t.id, t.name, t.created_at, t.expires_at, t.revoked_at, t.last_used_on,
       array_agg(d.key || coalesce(' (datastreams ' || array_to_string(ts.datastream_ids, ',') || ')', '')
                 || ': ' || array_to_string(ts.verbs, ',') ORDER BY d.key) FILTER (WHERE d.id IS NOT NULL)
FROM core.token AS t
LEFT JOIN core.token_scope AS ts ON ts.token_id = t.id
LEFT JOIN core.dataset AS d ON d.id = ts.dataset_id
GROUP BY t.id ORDER BY t.id DESC;
