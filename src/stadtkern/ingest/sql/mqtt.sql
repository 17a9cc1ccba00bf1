-- SPDX-License-Identifier: EUPL-1.2

-- name: protected_datasets
-- Datasets that not everybody may see
SELECT d.id FROM core.dataset AS d JOIN core.room AS r ON r.id = d.room_id WHERE r.kind <> 'public' OR d.state <> 'published';

-- name: token_rights
-- What valid tokens may do in each of their datasets, or with which datastreams of it; those of people, who may do less tomorrow, stay with our own doors
SELECT t.id, s.dataset_id, s.verbs, s.datastream_ids
FROM core.token AS t
JOIN core.token_scope AS s ON s.token_id = t.id
JOIN core.dataset AS d ON d.id = s.dataset_id
WHERE t.person_id IS NULL AND (t.organisation_id IS NULL OR t.organisation_id = d.organisation_id)
  AND d.state <> 'withdrawn' AND t.revoked_at IS NULL AND (t.expires_at IS NULL OR t.expires_at > now());

-- name: streams_of_datasets
-- The datastreams of some datasets, and which of them have several values
SELECT id, multi, dataset_id FROM things.datastream WHERE dataset_id = ANY (%(ids)s) ORDER BY id;

-- name: keep_parcels
-- Notes what is to be told to clients whose sessions last; of others there is no row
INSERT INTO ingest.parcel (token_id, client_id, messages, told)
SELECT f.token_id, f.client_id, p.messages, p.told
FROM unnest(%(token_ids)s::bigint[], %(client_ids)s::text[], %(messages)s::integer[], %(told)s::jsonb[])
     AS p (token_id, client_id, messages, told)
JOIN things.follower AS f ON f.token_id = p.token_id AND f.client_id = p.client_id
FOR KEY SHARE OF f
RETURNING token_id, client_id, id;

-- name: parcels_of
-- Reads what waits for a client behind some parcel, the oldest first
SELECT id, told FROM ingest.parcel
WHERE token_id = %(token_id)s AND client_id = %(client_id)s AND id > %(behind)s
ORDER BY id LIMIT %(limit)s;

-- name: drop_parcels
-- Forgets what arrived
DELETE FROM ingest.parcel WHERE id = ANY (%(ids)s);

-- name: trim_parcels
-- Forgets the oldest of what waits for a client beyond so many messages or characters; tells how many stay
WITH running AS (
    SELECT id, messages, row_number() OVER newest AS place,
           sum(messages) OVER newest AS messages_so_far, sum(length(told::text)) OVER newest AS characters_so_far
    FROM ingest.parcel WHERE token_id = %(token_id)s AND client_id = %(client_id)s
    WINDOW newest AS (ORDER BY id DESC)
), gone AS (
    DELETE FROM ingest.parcel AS p USING running AS r
    WHERE p.id = r.id AND r.place > 1 AND (r.messages_so_far > %(messages)s OR r.characters_so_far > %(characters)s)
    RETURNING p.id
)
SELECT coalesce(sum(messages), 0)::integer FROM running WHERE id NOT IN (SELECT id FROM gone);

-- name: health_parcels
-- Messages that wait for clients who are away, and how many clients those are
SELECT coalesce(sum(p.messages), 0)::bigint, count(DISTINCT (p.token_id, p.client_id))
FROM things.follower AS f
JOIN LATERAL (
    SELECT token_id, client_id, messages FROM ingest.parcel
    WHERE token_id = f.token_id AND client_id = f.client_id ORDER BY id LIMIT 1000) AS p ON true
WHERE f.left_at IS NOT NULL;
