-- SPDX-License-Identifier: EUPL-1.2

-- name: records
-- Reads datasets with room, organisation, forms and interfaces as one document each; conditions are added on c, d, r, o
SELECT to_jsonb(c) - '{area,changed_by}'::text[] || jsonb_build_object(
    'id', d.id, 'uuid', d.uuid, 'key', d.key, 'state', d.state, 'created_at', d.created_at,
    'room', jsonb_build_object('id', r.id, 'key', r.key, 'kind', r.kind, 'title', r.title),
    'organisation', jsonb_build_object(
        'id', o.principal_id, 'kind', o.kind, 'name', coalesce(o.about -> 'name', jsonb_build_object('de', a.name)),
        'url', coalesce(o.about ->> 'url', ''), 'email', coalesce(o.about ->> 'email', ''),
        'contributor_id', coalesce(o.about ->> 'contributor_id', '')),
    'distributions', coalesce((
        SELECT jsonb_agg(to_jsonb(p) ORDER BY p.position, p.id)
        FROM catalogue.distribution AS p WHERE p.dataset_id = c.dataset_id), '[]'),
    'services', coalesce((
        SELECT jsonb_agg(to_jsonb(s) ORDER BY s.id)
        FROM catalogue.service_dataset AS sd JOIN catalogue.service AS s ON s.id = sd.service_id
        WHERE sd.dataset_id = c.dataset_id), '[]'))
FROM catalogue.dataset AS c
JOIN core.dataset AS d ON d.id = c.dataset_id
JOIN core.room AS r ON r.id = d.room_id
JOIN core.organisation AS o ON o.principal_id = coalesce(d.organisation_id, core.city_organisation())
JOIN core.principal AS a ON a.id = o.principal_id
WHERE;

-- name: record_ids
-- Names datasets in an order; conditions are added on c, d, r, o as with records
SELECT c.dataset_id
FROM catalogue.dataset AS c
JOIN core.dataset AS d ON d.id = c.dataset_id
JOIN core.room AS r ON r.id = d.room_id
JOIN core.organisation AS o ON o.principal_id = coalesce(d.organisation_id, core.city_organisation())
WHERE;

-- name: create_stub
-- Makes the stub of a dataset in a room; nothing when there is no such room
INSERT INTO core.dataset (key, room_id, organisation_id, state, about)
SELECT %(key)s, r.id, coalesce(%(organisation_id)s::bigint, core.city_organisation()), %(state)s, %(about)s
FROM core.room AS r WHERE r.key = %(room)s
RETURNING id;

-- name: keys_like
-- Lists the keys that are this one or this one with a number
SELECT key FROM core.dataset WHERE key = %(key)s OR key ~ ('^' || %(key)s || '-[0-9]+$');

-- name: create_dataset
-- Puts a dataset into the catalogue
INSERT INTO catalogue.dataset (dataset_id, kind, changed_by, source) VALUES (%(dataset_id)s, %(kind)s, %(by)s, %(source)s);

-- name: lock_dataset
-- Holds a dataset's entry in the catalogue until the end of the transaction
SELECT dataset_id FROM catalogue.dataset WHERE dataset_id = %(dataset_id)s FOR UPDATE;

-- name: set_state
-- Says whether a dataset is published
UPDATE core.dataset SET state = %(state)s WHERE id = %(dataset_id)s;

-- name: set_issued
-- Notes the day of the first publication
UPDATE catalogue.dataset SET issued = coalesce(issued, now()), changed_at = now(), changed_by = %(by)s
WHERE dataset_id = %(dataset_id)s;

-- name: touch_dataset
-- Notes that something of a dataset was changed
UPDATE catalogue.dataset SET changed_at = now(), changed_by = %(by)s WHERE dataset_id = %(dataset_id)s;

-- name: retell_stub
-- Keeps what the other pages read of a dataset in step with the catalogue
UPDATE core.dataset SET about = about || %(about)s WHERE id = %(dataset_id)s;

-- name: delete_distribution
-- Removes one form of a dataset
DELETE FROM catalogue.distribution WHERE id = %(id)s AND dataset_id = %(dataset_id)s RETURNING id;

-- name: next_position
-- Where the next form of a dataset stands
SELECT coalesce(max(position), -1) + 1 FROM catalogue.distribution WHERE dataset_id = %(dataset_id)s;

-- name: link_service
-- Says that an interface serves a dataset
INSERT INTO catalogue.service_dataset (service_id, dataset_id) VALUES (%(service_id)s, %(dataset_id)s)
ON CONFLICT DO NOTHING;

-- name: not_adopted
-- Lists datasets that the catalogue does not know yet
SELECT d.id, d.key, d.about FROM core.dataset AS d
WHERE NOT EXISTS (SELECT FROM catalogue.dataset AS c WHERE c.dataset_id = d.id) ORDER BY d.id;
