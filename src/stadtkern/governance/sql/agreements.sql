-- SPDX-License-Identifier: EUPL-1.2

-- name: agreements
-- Lists agreements, those that run first, with what the clock makes of their state
SELECT a.id, a.uuid, a.title, a.state, a.room_id, r.key, r.title, a.provider_id, p.name, a.purpose, a.permissions,
       a.retention_days, a.liability, a.fee, a.fee_note, a.starts_at, a.ends_at, a.activated_at, a.ended_at,
       a.end_reason,
       CASE WHEN a.state <> 'active' THEN a.state
            WHEN a.starts_at > now() THEN 'coming'
            WHEN a.ends_at <= now() THEN 'ended' ELSE 'running' END AS standing,
       coalesce((SELECT jsonb_agg(jsonb_build_object('id', q.id, 'kind', q.kind, 'name', q.name) ORDER BY q.name)
                 FROM governance.agreement_recipient AS c JOIN core.principal AS q ON q.id = c.principal_id
                 WHERE c.agreement_id = a.id), '[]') AS recipients,
       coalesce((SELECT jsonb_agg(jsonb_build_object('id', d.id, 'uuid', d.uuid, 'key', d.key, 'about', d.about) ORDER BY d.key)
                 FROM governance.agreement_dataset AS c JOIN core.dataset AS d ON d.id = c.dataset_id
                 WHERE c.agreement_id = a.id), '[]') AS datasets,
       coalesce((SELECT jsonb_agg(jsonb_build_object('id', f.id, 'name', f.name, 'size', octet_length(f.content)) ORDER BY f.id)
                 FROM governance.agreement_document AS f WHERE f.agreement_id = a.id), '[]') AS documents
FROM governance.agreement AS a
JOIN core.room AS r ON r.id = a.room_id
JOIN core.principal AS p ON p.id = a.provider_id
WHERE (%(id)s::bigint IS NULL OR a.id = %(id)s)
  AND (%(all)s OR a.provider_id = ANY (%(stewarding)s)
       OR a.state <> 'draft' AND EXISTS (SELECT FROM governance.agreement_recipient AS c
                                         WHERE c.agreement_id = a.id AND c.principal_id = ANY (%(receiving)s)))
ORDER BY a.state = 'ended', a.ends_at, a.id;

-- name: create_agreement
-- Writes a draft
INSERT INTO governance.agreement (title, room_id, provider_id, purpose, permissions, retention_days, liability, fee,
                                  fee_note, starts_at, ends_at, created_by)
VALUES (%(title)s, %(room_id)s, %(provider_id)s, %(purpose)s, %(permissions)s, %(retention_days)s, %(liability)s,
        %(fee)s, %(fee_note)s, %(starts_at)s, %(ends_at)s, %(by)s)
RETURNING id;

-- name: change_agreement
-- Writes a draft anew
UPDATE governance.agreement
SET title = %(title)s, room_id = %(room_id)s, provider_id = %(provider_id)s, purpose = %(purpose)s,
    permissions = %(permissions)s, retention_days = %(retention_days)s, liability = %(liability)s, fee = %(fee)s,
    fee_note = %(fee_note)s, starts_at = %(starts_at)s, ends_at = %(ends_at)s
WHERE id = %(id)s AND state = 'draft' RETURNING id;

-- name: clear_recipients
-- Forgets who receives something by a draft
DELETE FROM governance.agreement_recipient WHERE agreement_id = %(id)s;

-- name: add_recipients
-- Says who receives something by a draft
INSERT INTO governance.agreement_recipient (agreement_id, principal_id)
SELECT %(id)s, p.id FROM core.principal AS p WHERE p.id = ANY (%(principals)s) AND p.kind IN ('person', 'organisation');

-- name: clear_datasets
-- Forgets which datasets a draft is about
DELETE FROM governance.agreement_dataset WHERE agreement_id = %(id)s;

-- name: add_datasets
-- Says which datasets of the room a draft is about: only those that somebody may give
INSERT INTO governance.agreement_dataset (agreement_id, dataset_id)
SELECT a.id, d.id FROM governance.agreement AS a JOIN core.dataset AS d ON d.room_id = a.room_id
WHERE a.id = %(id)s AND d.id = ANY (%(datasets)s)
  AND (%(all)s OR coalesce(d.organisation_id, core.city_organisation()) = ANY (%(stewarding)s))
RETURNING dataset_id;

-- name: not_to_give
-- Names a dataset of a draft that has left its room or that somebody does not answer for
SELECT d.key FROM governance.agreement_dataset AS c
JOIN governance.agreement AS a ON a.id = c.agreement_id
JOIN core.dataset AS d ON d.id = c.dataset_id
WHERE a.id = %(id)s
  AND (d.room_id <> a.room_id
       OR NOT (%(all)s OR coalesce(d.organisation_id, core.city_organisation()) = ANY (%(stewarding)s)))
ORDER BY d.key LIMIT 1;

-- name: activate_agreement
-- Makes a draft binding, unless its time is over
UPDATE governance.agreement SET state = 'active', activated_at = now(), activated_by = %(by)s
WHERE id = %(id)s AND state = 'draft' AND ends_at > now() RETURNING id;

-- name: grant_by_agreement
-- Lets the recipients in for the agreement's time, to the datasets it names
INSERT INTO core.room_grant (room_id, principal_id, verbs, starts_at, expires_at, agreement_id, dataset_ids)
SELECT a.room_id, c.principal_id, '{read}', a.starts_at, a.ends_at, a.id,
       ARRAY(SELECT s.dataset_id FROM governance.agreement_dataset AS s WHERE s.agreement_id = a.id ORDER BY 1)
FROM governance.agreement AS a JOIN governance.agreement_recipient AS c ON c.agreement_id = a.id
WHERE a.id = %(id)s;

-- name: end_agreement
-- Ends an agreement now
UPDATE governance.agreement SET state = 'ended', ended_at = now(), ended_by = %(by)s, end_reason = %(reason)s
WHERE id = %(id)s AND state = 'active' RETURNING id;

-- name: withdraw_by_agreement
-- Takes away what an agreement gave
DELETE FROM core.room_grant WHERE agreement_id = %(id)s;

-- name: discard_agreement
-- Throws a draft away
DELETE FROM governance.agreement WHERE id = %(id)s AND state = 'draft' RETURNING id;

-- name: add_document
-- Keeps a document of an agreement
INSERT INTO governance.agreement_document (agreement_id, name, content, checksum, added_by)
VALUES (%(agreement_id)s, %(name)s, %(content)s, %(checksum)s, %(by)s) RETURNING id;

-- name: read_document
-- Reads a document of an agreement
SELECT name, content FROM governance.agreement_document WHERE id = %(id)s AND agreement_id = %(agreement_id)s;
