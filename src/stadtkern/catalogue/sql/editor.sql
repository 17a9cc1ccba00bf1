-- SPDX-License-Identifier: EUPL-1.2

-- name: organisations
-- Lists all organisations
SELECT o.principal_id, o.about -> 'name', p.name
FROM core.organisation AS o JOIN core.principal AS p ON p.id = o.principal_id;

-- name: rooms_for
-- Lists the rooms into which somebody may put a dataset: open ones, and those that they or an organisation of theirs may enter
SELECT r.key, r.title FROM core.room AS r
WHERE r.kind IN ('public', 'internal') OR %(everything)s
   OR EXISTS (
       SELECT FROM core.room_grant AS g
       WHERE g.room_id = r.id AND 'read' = ANY (g.verbs) AND (g.expires_at IS NULL OR g.expires_at > now())
         AND (g.principal_id = %(person_id)s OR g.principal_id IN (
             SELECT m.organisation_id FROM core.membership AS m WHERE m.person_id = %(person_id)s)))
ORDER BY r.kind = 'public' DESC, r.kind = 'internal' DESC, r.key;

-- name: work_on
-- The datasets of somebody's organisations that need work first, then the others; the conditions of access follow
SELECT d.key, c.title, d.state, c.changed_at, count(*) OVER (),
       NOT EXISTS (SELECT FROM catalogue.distribution AS p WHERE p.dataset_id = c.dataset_id) AS formless,
       EXISTS (SELECT FROM catalogue.distribution AS p WHERE p.dataset_id = c.dataset_id AND p.licence = '') AS unlicensed,
       c.themes = '{}' AS themeless, c.description = '{}' AS undescribed
FROM catalogue.dataset AS c JOIN core.dataset AS d ON d.id = c.dataset_id
WHERE (%s OR d.organisation_id = ANY (%s)) AND d.state <> 'withdrawn' AND
