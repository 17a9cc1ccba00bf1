-- SPDX-License-Identifier: EUPL-1.2

-- name: create_import
-- Make a recipe for files that are still to be looked at.
INSERT INTO catalogue.import_recipe (organisation_id, owner_id, title, url, every, due_at)
VALUES (%(organisation_id)s, %(owner_id)s, %(title)s, %(url)s, %(every)s, now() + %(every)s)
RETURNING id, uuid;

-- name: create_delivery
-- Note that a file has come, or is to be fetched.
INSERT INTO catalogue.import_delivery (uuid, recipe_id, by_id, file_name, size)
VALUES (%(uuid)s, %(recipe_id)s, %(by_id)s, %(file_name)s, %(size)s)
RETURNING id;

-- name: find_delivery
-- One delivery with its recipe, for whoever belongs to the organisation; administrators see all.
SELECT
    d.id, d.uuid, d.state, d.file_name, d.size, d.part, d.progress, d.found, d.checked, d.changes, d.problem,
    d.decision, d.rows, d.created_at, d.updated_at,
    r.id, r.uuid, r.organisation_id, r.owner_id, r.dataset_id, r.title, r.url, r.every, r.plan, r.shape,
    owner.name, s.key, s.state, d.by_id
FROM catalogue.import_delivery AS d
JOIN catalogue.import_recipe AS r ON r.id = d.recipe_id
LEFT JOIN core.principal AS owner ON owner.id = r.owner_id
LEFT JOIN core.dataset AS s ON s.id = r.dataset_id
WHERE (d.uuid = %(uuid)s OR d.id = %(id)s)
    AND (%(everything)s OR r.organisation_id = ANY(%(organisations)s));

-- name: list_deliveries
-- The newest deliveries of some organisations, those that wait for a person first.
SELECT
    d.id, d.uuid, d.state, d.file_name, d.size, d.part, d.progress, NULL,
    CASE WHEN d.state IN ('checked', 'held') THEN d.checked END, d.changes, d.problem, d.decision, d.rows, d.created_at, d.updated_at,
    r.id, r.uuid, r.organisation_id, r.owner_id, r.dataset_id, r.title, r.url, r.every, NULL, NULL,
    owner.name, s.key, s.state, d.by_id
FROM catalogue.import_delivery AS d
JOIN catalogue.import_recipe AS r ON r.id = d.recipe_id
LEFT JOIN core.principal AS owner ON owner.id = r.owner_id
LEFT JOIN core.dataset AS s ON s.id = r.dataset_id
WHERE (%(everything)s OR r.organisation_id = ANY(%(organisations)s))
    AND (%(recipe_id)s::bigint IS NULL OR r.id = %(recipe_id)s)
ORDER BY
    d.state NOT IN ('looked', 'checked', 'held', 'refused', 'failed'),
    d.state NOT IN ('arrived', 'to_check', 'to_load'),
    d.id DESC
LIMIT %(limit)s;

-- name: lock_delivery
-- Keep others from moving a delivery until the transaction ends.
SELECT state FROM catalogue.import_delivery WHERE id = %(id)s FOR UPDATE;

-- name: move_delivery
-- Bring a delivery into another state; what is not given stays.
UPDATE catalogue.import_delivery
SET state = %(state)s,
    part = coalesce(%(part)s, part),
    found = coalesce(%(found)s, found),
    checked = coalesce(%(checked)s, checked),
    changes = coalesce(%(changes)s, changes),
    problem = %(problem)s,
    decision = coalesce(%(decision)s, decision),
    rows = coalesce(%(rows)s, rows),
    file_name = coalesce(%(file_name)s, file_name),
    size = coalesce(%(size)s, size),
    progress = 0, attempts = 0, leased_until = NULL, updated_at = now()
WHERE id = %(id)s;

-- name: forget_decision
-- A decision was about another reading of the file.
UPDATE catalogue.import_delivery SET decision = NULL WHERE id = %(id)s;

-- name: wake_imports
-- Tell the work process that there is something to do.
SELECT pg_notify('catalogue_imports', '');

-- name: take_delivery
-- Take the oldest work that nobody holds, for two minutes; whose holder fell is taken again.
UPDATE catalogue.import_delivery
SET leased_until = now() + interval '2 minutes', attempts = attempts + 1
WHERE id = (
    SELECT id
    FROM catalogue.import_delivery
    WHERE state IN ('arrived', 'to_check', 'to_load') AND (leased_until IS NULL OR leased_until < now())
    ORDER BY id
    FOR UPDATE SKIP LOCKED
    LIMIT 1
)
RETURNING id, attempts;

-- name: hold_delivery
-- Say how far the work has come, and keep it; not when it has moved on in the meantime.
UPDATE catalogue.import_delivery
SET progress = %(progress)s, leased_until = now() + interval '2 minutes', updated_at = now()
WHERE id = %(id)s AND state = %(state)s AND leased_until IS NOT NULL;

-- name: work_of_imports
-- Whether there is something to do now: files to be read, or addresses whose time has come.
SELECT
    EXISTS (
        SELECT FROM catalogue.import_delivery
        WHERE state IN ('arrived', 'to_check', 'to_load') AND (leased_until IS NULL OR leased_until < now())
    )
    OR EXISTS (SELECT FROM catalogue.import_recipe WHERE due_at <= now() AND plan IS NOT NULL);

-- name: take_due_recipe
-- An address whose time has come; the next time is noted with it. None while a delivery of it is on its way.
UPDATE catalogue.import_recipe
SET due_at = now() + every
WHERE id = (
    SELECT id
    FROM catalogue.import_recipe
    WHERE due_at <= now() AND plan IS NOT NULL
    ORDER BY due_at
    FOR UPDATE SKIP LOCKED
    LIMIT 1
)
RETURNING
    id, owner_id, title,
    EXISTS (
        SELECT FROM catalogue.import_delivery AS d
        WHERE d.recipe_id = import_recipe.id AND d.state NOT IN ('done', 'discarded', 'refused', 'failed')
    );

-- name: save_plan
-- Keep what people chose.
UPDATE catalogue.import_recipe SET plan = %(plan)s, title = coalesce(%(title)s, title) WHERE id = %(id)s;

-- name: series_to_join
-- A dataset of time series to which an organisation may add the places of stations
SELECT d.id FROM core.dataset AS d JOIN catalogue.dataset AS c ON c.dataset_id = d.id
WHERE d.key = %(key)s AND c.kind = 'series' AND d.organisation_id = %(organisation_id)s;

-- name: series_of_organisation
-- Datasets of time series of an organisation; who may see them is added on d
SELECT d.key, coalesce(nullif(d.about #>> '{title,de}', ''), d.key)
FROM core.dataset AS d JOIN catalogue.dataset AS c ON c.dataset_id = d.id
WHERE c.kind = 'series' AND d.organisation_id = %s AND;

-- name: bind_recipe
-- Say which dataset the deliveries go into.
UPDATE catalogue.import_recipe SET dataset_id = %(dataset_id)s WHERE id = %(id)s;

-- name: save_shape
-- Remember what the delivery that was stored looked like.
UPDATE catalogue.import_recipe SET shape = %(shape)s WHERE id = %(id)s;

-- name: schedule_recipe
-- Fetch the address again and again, or no longer.
UPDATE catalogue.import_recipe SET every = %(every)s, due_at = now() + %(every)s WHERE id = %(id)s;

-- name: rooms_for_import
-- Rooms in which somebody of an organisation may make datasets: those for all, internal ones unless it is a partner, and
-- those it looks after.
SELECT key, kind, title FROM core.room
WHERE kind = 'public' OR organisation_id = %(organisation_id)s
   OR (kind = 'internal' AND EXISTS (
       SELECT FROM core.organisation AS o WHERE o.principal_id = %(organisation_id)s AND o.kind <> 'partner'))
ORDER BY array_position(ARRAY['public', 'internal', 'restricted'], kind), key;

-- name: organisations_named
-- Names of organisations.
SELECT o.principal_id, p.name FROM core.organisation AS o JOIN core.principal AS p ON p.id = o.principal_id
WHERE %(everything)s OR o.principal_id = ANY(%(organisations)s)
ORDER BY p.name;

-- name: finished_deliveries
-- Deliveries whose files are no longer needed: stored, discarded, refused, or left alone for thirty days.
SELECT uuid FROM catalogue.import_delivery
WHERE uuid = ANY(%(uuids)s)
    AND state NOT IN ('done', 'discarded', 'refused')
    AND updated_at > now() - interval '30 days';
