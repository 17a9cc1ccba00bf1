-- SPDX-License-Identifier: EUPL-1.2

-- name: organisations
-- Lists all organisations
SELECT o.principal_id, o.about -> 'name', p.name
FROM core.organisation AS o JOIN core.principal AS p ON p.id = o.principal_id;

-- name: rooms_for
-- Lists the rooms into which somebody may put a dataset: open ones, internal ones if they work for the city, and those that
-- they or an organisation of theirs may enter
SELECT r.key, r.title FROM core.room AS r
WHERE r.kind = 'public' OR %(everything)s
   OR (r.kind = 'internal' AND EXISTS (
       SELECT FROM core.membership AS m JOIN core.organisation AS o ON o.principal_id = m.organisation_id
       WHERE m.person_id = %(person_id)s AND o.kind <> 'partner'))
   OR EXISTS (
       SELECT FROM core.room_grant AS g
       WHERE g.room_id = r.id AND 'read' = ANY (g.verbs) AND g.dataset_ids IS NULL
         AND g.starts_at <= now() AND (g.expires_at IS NULL OR g.expires_at > now())
         AND (g.principal_id = %(person_id)s OR g.principal_id IN (
             SELECT m.organisation_id FROM core.membership AS m WHERE m.person_id = %(person_id)s)))
ORDER BY r.kind = 'public' DESC, r.kind = 'internal' DESC, r.key;

-- name: work_first
-- Finds the datasets of one kind that were changed last; conditions on c and d, order and limit follow
SELECT c.dataset_id FROM catalogue.dataset AS c JOIN core.dataset AS d ON d.id = c.dataset_id
WHERE d.state <> 'withdrawn' AND;

-- name: work_named
-- Counts the datasets to work on that are called so, and names the first; conditions on m and d follow
SELECT count(*), (array_agg(m.dataset_id))[:%s] FROM catalogue.mark AS m JOIN core.dataset AS d ON d.id = m.dataset_id
WHERE d.state <> 'withdrawn' AND;

-- name: work_is_named
-- Whether a dataset c is called so, looked at for each by itself; conditions on m, OFFSET 0 and a bracket follow
EXISTS (SELECT FROM catalogue.mark AS m WHERE m.dataset_id = c.dataset_id AND;

-- name: work_count
-- Counts datasets to work on; conditions on c and d follow
SELECT count(*) FROM catalogue.dataset AS c JOIN core.dataset AS d ON d.id = c.dataset_id
WHERE d.state <> 'withdrawn' AND;

-- name: work_on
-- Reads what datasets need; the conditions of access follow
SELECT d.key, c.title, d.state, c.changed_at,
       NOT EXISTS (SELECT FROM catalogue.distribution AS p WHERE p.dataset_id = c.dataset_id) AS formless,
       EXISTS (SELECT FROM catalogue.distribution AS p WHERE p.dataset_id = c.dataset_id AND p.licence = '') AS unlicensed,
       c.themes = '{}' AS themeless, c.description = '{}' AS undescribed
FROM catalogue.dataset AS c JOIN core.dataset AS d ON d.id = c.dataset_id
WHERE c.dataset_id = ANY (%s) AND;

-- name: fallen_silent
-- Published datasets with series that sent until lately and do not any more, and which these are, three of them;
-- whose they are and who sees them follows
SELECT d.key, c.title, count(*), max(s.last_time), (array_agg(t.id ORDER BY s.last_time DESC))[1],
       (array_agg(t.name ORDER BY s.last_time DESC))[1:3]
FROM things.datastream_state AS s
JOIN things.datastream AS t ON t.id = s.datastream_id
JOIN core.dataset AS d ON d.id = t.dataset_id
JOIN catalogue.dataset AS c ON c.dataset_id = d.id
WHERE s.last_time < now() - interval '2 days' AND s.last_time > now() - interval '14 days' AND d.state = 'published' AND

-- name: move_dataset
-- Puts a dataset into another room and under another organisation, if it still lies where somebody saw it
UPDATE core.dataset AS d SET room_id = r.id, organisation_id = %(organisation_id)s
FROM core.room AS r, core.room AS old
WHERE d.id = %(dataset_id)s AND r.key = %(room)s AND old.id = d.room_id AND old.key = %(seen_room)s
  AND coalesce(d.organisation_id, core.city_organisation()) = %(seen_organisation)s
RETURNING d.id;

-- name: move_recipes
-- Lets the organisation that has a dataset now look after its deliveries
UPDATE catalogue.import_recipe SET organisation_id = %(organisation_id)s
WHERE dataset_id = %(dataset_id)s AND organisation_id <> %(organisation_id)s;

-- name: held_in_dataset
-- What a dataset holds: series, rows, forms; deliveries that are looked after, and keys of devices that write into it
SELECT (SELECT count(*) FROM things.datastream AS t WHERE t.dataset_id = %(dataset_id)s),
       (SELECT count(*) FROM catalogue.distribution AS p WHERE p.dataset_id = %(dataset_id)s),
       (SELECT count(DISTINCT k.id) FROM core.token AS k JOIN core.token_scope AS s ON s.token_id = k.id
        WHERE s.dataset_id = %(dataset_id)s AND k.organisation_id IS NOT NULL
          AND k.organisation_id <> %(organisation_id)s AND k.revoked_at IS NULL
          AND (k.expires_at IS NULL OR k.expires_at > now()));

-- name: room_to_move
-- A room with whose stewards look after it
SELECT r.id, r.key, r.kind, r.title, r.organisation_id FROM core.room AS r WHERE r.key = %(key)s;

-- name: who_is_in_room
-- Who is let into a room now, by name; by agreement only for the datasets that it names
SELECT p.kind, p.name, g.agreement_id IS NOT NULL AND %(dataset_id)s = ANY (coalesce(g.dataset_ids, '{}')) AS agreed
FROM core.room_grant AS g JOIN core.principal AS p ON p.id = g.principal_id
WHERE g.room_id = %(room_id)s AND 'read' = ANY (g.verbs) AND g.starts_at <= now()
  AND (g.expires_at IS NULL OR g.expires_at > now())
  AND (g.dataset_ids IS NULL OR %(dataset_id)s = ANY (g.dataset_ids))
ORDER BY p.kind, p.name;

-- name: how_many_inside
-- How many people see what is internal
SELECT count(DISTINCT m.person_id) FROM core.membership AS m
JOIN core.organisation AS o ON o.principal_id = m.organisation_id AND o.kind <> 'partner';

-- name: kind_of_organisation
-- What sort of organisation it is, and its name
SELECT o.kind, o.about -> 'name', p.name FROM core.organisation AS o JOIN core.principal AS p ON p.id = o.principal_id
WHERE o.principal_id = %(id)s;
