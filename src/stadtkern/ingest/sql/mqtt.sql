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
