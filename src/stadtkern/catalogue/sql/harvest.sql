-- SPDX-License-Identifier: EUPL-1.2

-- name: harvest_claim
-- Takes the source that is due for longest, for as long as the lease lasts
UPDATE catalogue.harvest_source AS s
SET lease = gen_random_uuid(), lease_until = now() + %(lease)s::interval
WHERE s.id = (
    SELECT n.id FROM catalogue.harvest_source AS n
    WHERE n.active AND n.next_at <= now() AND (n.lease_until IS NULL OR n.lease_until < now())
    ORDER BY n.next_at LIMIT 1 FOR UPDATE SKIP LOCKED)
RETURNING s.id, s.title, s.url, s.kind, s.organisation_id, s.room_key, s.publish, s.every_hours, s.grace_days, s.lease;

-- name: harvest_abandon
-- Notes that runs of a source ended without saying so
UPDATE catalogue.harvest_run SET state = 'abandoned', ended_at = now()
WHERE source_id = %(source_id)s AND state = 'running';

-- name: harvest_begin
-- Begins a run
INSERT INTO catalogue.harvest_run (source_id) VALUES (%(source_id)s) RETURNING id;

-- name: harvest_go_on
-- Makes the lease longer, if it is still ours, and notes how far the run is
WITH held AS (
    UPDATE catalogue.harvest_source SET lease_until = now() + %(lease_for)s::interval
    WHERE id = %(source_id)s AND lease = %(lease)s RETURNING id
)
UPDATE catalogue.harvest_run SET pages = %(pages)s, found = %(found)s, created = %(created)s, changed = %(changed)s,
    refused = %(refused)s
WHERE id = %(run_id)s AND EXISTS (SELECT FROM held) RETURNING id;

-- name: harvest_end
-- Ends a run and says when the next one begins
WITH freed AS (
    UPDATE catalogue.harvest_source SET lease = NULL, lease_until = NULL, next_at = now() + %(pause)s::interval
    WHERE id = %(source_id)s AND lease = %(lease)s
)
UPDATE catalogue.harvest_run SET state = %(state)s, ended_at = now(), message = %(message)s, pages = %(pages)s,
    found = %(found)s, created = %(created)s, changed = %(changed)s, refused = %(refused)s, missing = %(missing)s,
    withdrawn = %(withdrawn)s
WHERE id = %(run_id)s;

-- name: harvest_note
-- Keeps what was wrong with a record
INSERT INTO catalogue.harvest_finding (run_id, position, identifier, message)
VALUES (%(run_id)s, %(position)s, %(identifier)s, %(message)s);

-- name: harvest_forget
-- Forgets old runs, the last twenty of a source apart
DELETE FROM catalogue.harvest_run WHERE source_id = %(source_id)s AND id NOT IN (
    SELECT id FROM catalogue.harvest_run WHERE source_id = %(source_id)s ORDER BY id DESC LIMIT 20);

-- name: harvest_known
-- Reads what is known of a record
SELECT dataset_id, digest, modified, seen_in, withdrawn FROM catalogue.harvest_record
WHERE source_id = %(source_id)s AND identifier = %(identifier)s;

-- name: harvest_keep
-- Notes that a record was seen, as which dataset and with which content
INSERT INTO catalogue.harvest_record (source_id, identifier, dataset_id, digest, modified, seen_in)
VALUES (%(source_id)s, %(identifier)s, %(dataset_id)s, %(digest)s, %(modified)s, %(run_id)s)
ON CONFLICT (source_id, identifier) DO UPDATE SET
    digest = excluded.digest, modified = excluded.modified, seen_in = excluded.seen_in, missing_since = NULL,
    withdrawn = false;

-- name: harvest_balance
-- Counts the records of a source and those that a run did not see
SELECT count(*) FILTER (WHERE NOT withdrawn), count(*) FILTER (WHERE NOT withdrawn AND seen_in <> %(run_id)s)
FROM catalogue.harvest_record WHERE source_id = %(source_id)s;

-- name: harvest_miss
-- Notes since when records are missing
UPDATE catalogue.harvest_record SET missing_since = now()
WHERE source_id = %(source_id)s AND seen_in <> %(run_id)s AND missing_since IS NULL AND NOT withdrawn;

-- name: harvest_gone
-- Names the datasets whose days of grace are over
UPDATE catalogue.harvest_record SET withdrawn = true
WHERE source_id = %(source_id)s AND NOT withdrawn AND missing_since < now() - make_interval(days => %(grace_days)s)
RETURNING dataset_id;

-- name: harvest_sources
-- Lists sources of organisations with their last run
SELECT s.id, s.title, s.url, s.kind, s.organisation_id, s.room_key, s.publish, s.every_hours, s.grace_days, s.active,
       s.next_at, s.lease_until > now(), a.name, last.*,
       (SELECT count(*) FROM catalogue.harvest_record AS n WHERE n.source_id = s.id AND NOT n.withdrawn),
       (SELECT count(*) FROM catalogue.harvest_record AS n
        WHERE n.source_id = s.id AND NOT n.withdrawn AND n.missing_since IS NOT NULL)
FROM catalogue.harvest_source AS s
JOIN core.principal AS a ON a.id = s.organisation_id
LEFT JOIN LATERAL (
    SELECT l.id, l.state, l.started_at, l.ended_at, l.pages, l.found, l.created, l.changed, l.refused, l.missing,
           l.withdrawn, l.message
    FROM catalogue.harvest_run AS l WHERE l.source_id = s.id ORDER BY l.id DESC LIMIT 1) AS last ON true
WHERE (%(everything)s OR s.organisation_id = ANY (%(organisations)s)) AND (%(id)s::bigint IS NULL OR s.id = %(id)s)
ORDER BY s.title, s.id;

-- name: harvest_runs
-- Lists the runs of a source, the last one first
SELECT id, state, started_at, ended_at, pages, found, created, changed, refused, missing, withdrawn, message
FROM catalogue.harvest_run WHERE source_id = %(source_id)s ORDER BY id DESC LIMIT 20;

-- name: harvest_findings
-- Lists what was wrong with records in a run
SELECT identifier, message FROM catalogue.harvest_finding WHERE run_id = %(run_id)s ORDER BY position LIMIT 200;

-- name: harvest_create
-- Makes a source
INSERT INTO catalogue.harvest_source
    (title, url, kind, organisation_id, room_key, publish, every_hours, grace_days, created_by)
VALUES (%(title)s, %(url)s, %(kind)s, %(organisation_id)s, %(room_key)s, %(publish)s, %(every_hours)s, %(grace_days)s,
    %(by)s)
ON CONFLICT (url, organisation_id) DO NOTHING
RETURNING id;

-- name: harvest_change
-- Changes how a source is harvested; it is due at once when it was switched on
UPDATE catalogue.harvest_source SET title = %(title)s, publish = %(publish)s, every_hours = %(every_hours)s,
    grace_days = %(grace_days)s, active = %(active)s
WHERE id = %(id)s RETURNING id;

-- name: harvest_now
-- Makes a source due
UPDATE catalogue.harvest_source SET next_at = now(), active = true WHERE id = %(id)s RETURNING id;

-- name: harvest_delete
-- Removes a source; its datasets stay as they are
DELETE FROM catalogue.harvest_source WHERE id = %(id)s RETURNING id;

-- name: harvest_organisations
-- Lists organisations by name
SELECT o.principal_id, a.name FROM core.organisation AS o JOIN core.principal AS a ON a.id = o.principal_id
WHERE %(everything)s OR o.principal_id = ANY (%(organisations)s) ORDER BY a.name;
