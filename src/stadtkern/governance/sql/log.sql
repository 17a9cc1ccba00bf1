-- SPDX-License-Identifier: EUPL-1.2

-- name: search_log
-- Lists entries of the log, newest first
SELECT a.id, a.at, a.action, a.surface, a.principal_id, coalesce(p.name, ''), a.token_id, a.dataset_ids, a.room_ids,
       a.address, a.detail,
       ARRAY(SELECT d.key FROM core.dataset AS d WHERE d.id = ANY (a.dataset_ids) ORDER BY d.key),
       ARRAY(SELECT r.key FROM core.room AS r WHERE r.id = ANY (a.room_ids) ORDER BY r.key),
       ARRAY(SELECT jsonb_build_object('title', r.title, 'key', r.key, 'open', r.kind = 'public')
             FROM core.room AS r WHERE r.id = ANY (a.room_ids) ORDER BY r.key)
FROM core.audit AS a
LEFT JOIN core.principal AS p ON p.id = a.principal_id
WHERE (%(before)s::bigint IS NULL OR a.id < %(before)s)
  AND (%(action)s::text IS NULL OR a.action = %(action)s)
  AND (%(since)s::timestamptz IS NULL OR a.at >= %(since)s)
  AND (%(until)s::timestamptz IS NULL OR a.at < %(until)s)
  AND (%(who)s::text IS NULL OR strpos(lower(p.name), lower(%(who)s)) > 0 OR a.principal_id::text = %(who)s)
  AND (%(room)s::text IS NULL OR EXISTS (SELECT FROM core.room AS r WHERE r.key = %(room)s AND r.id = ANY (a.room_ids)))
  AND (%(words)s::text IS NULL OR strpos(lower(a.address || ' ' || a.detail::text), lower(%(words)s)) > 0
       OR EXISTS (SELECT FROM core.dataset AS d WHERE d.id = ANY (a.dataset_ids) AND d.key = %(words)s))
ORDER BY a.id DESC LIMIT %(limit)s;

-- name: log_policy
-- Reads for how many days entries stay, how many there are and since when
SELECT extract(day FROM justify_hours(make_interval(secs => extract(epoch FROM p.keep)::double precision)))::integer,
       (SELECT min(at) FROM core.audit)
FROM core.audit_policy AS p;

-- name: keep_log
-- Says for how many days entries stay
UPDATE core.audit_policy SET keep = make_interval(days => %(days)s);

-- name: is_officer
-- Tells whether somebody looks after data protection
SELECT FROM governance.officer WHERE person_id = %(person_id)s;

-- name: officers
-- Lists who looks after data protection
SELECT p.id, p.name, o.since FROM governance.officer AS o JOIN core.principal AS p ON p.id = o.person_id ORDER BY p.name;

-- name: appoint_officer
-- Makes somebody look after data protection
INSERT INTO governance.officer (person_id)
SELECT id FROM core.principal WHERE id = %(person_id)s AND kind = 'person' ON CONFLICT DO NOTHING;

-- name: dismiss_officer
-- Takes data protection from somebody
DELETE FROM governance.officer WHERE person_id = %(person_id)s;

-- name: names_of
-- What people, organisations and keys are called at the moment
SELECT id, name FROM core.principal WHERE id = ANY (%(ids)s::bigint[]);
