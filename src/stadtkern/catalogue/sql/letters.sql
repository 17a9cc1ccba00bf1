-- SPDX-License-Identifier: EUPL-1.2

-- name: subscribe
-- Notes that somebody wants to hear of something; gives nothing where it is confirmed already, or was asked too often
WITH recent AS (
    SELECT count(*) AS n FROM catalogue.subscription AS s JOIN catalogue.subscriber AS a ON a.id = s.subscriber_id
    WHERE a.address = %(address)s AND s.confirmed_at IS NULL AND s.asked_at > now() - interval '1 day'
),
who AS (
    INSERT INTO catalogue.subscriber AS a (address, language)
    SELECT %(address)s, %(language)s FROM recent WHERE n < %(most)s
    ON CONFLICT (address) DO UPDATE SET address = excluded.address RETURNING a.id
)
INSERT INTO catalogue.subscription AS s (subscriber_id, dataset_id, theme)
SELECT id, %(dataset_id)s::bigint, %(theme)s FROM who
ON CONFLICT (subscriber_id, dataset_id, theme) DO UPDATE SET asked_at = now()
    WHERE s.confirmed_at IS NULL AND s.asked_at < now() - interval '10 minutes'
RETURNING s.uuid;

-- name: subscription
-- What somebody asked for, with the key of the dataset, where it is not over
SELECT s.uuid, a.uuid, s.dataset_id, d.key, s.theme, s.confirmed_at
FROM catalogue.subscription AS s
JOIN catalogue.subscriber AS a ON a.id = s.subscriber_id
LEFT JOIN core.dataset AS d ON d.id = s.dataset_id
WHERE s.uuid = %(uuid)s AND (s.confirmed_at IS NOT NULL OR s.asked_at > now() - interval '2 days');

-- name: confirm_subscription
-- Begins to tell somebody; what moved before is not told
WITH confirmed AS (
    UPDATE catalogue.subscription SET confirmed_at = coalesce(confirmed_at, now())
    WHERE uuid = %(uuid)s AND (confirmed_at IS NOT NULL OR asked_at > now() - interval '2 days') RETURNING subscriber_id
)
UPDATE catalogue.subscriber AS a
SET told_until = CASE WHEN EXISTS (SELECT FROM catalogue.subscription AS s WHERE s.subscriber_id = a.id
                                   AND s.confirmed_at IS NOT NULL) THEN a.told_until ELSE now() END
FROM confirmed AS c WHERE a.id = c.subscriber_id RETURNING a.uuid;

-- name: subscriptions_of
-- What somebody hears of, oldest first
SELECT s.id, s.dataset_id, d.key, s.theme, s.confirmed_at, a.address
FROM catalogue.subscriber AS a
JOIN catalogue.subscription AS s ON s.subscriber_id = a.id
LEFT JOIN core.dataset AS d ON d.id = s.dataset_id
WHERE a.uuid = %(uuid)s AND s.confirmed_at IS NOT NULL ORDER BY s.id;

-- name: leave_one
-- Ends one subscription of somebody
DELETE FROM catalogue.subscription AS s USING catalogue.subscriber AS a
WHERE a.id = s.subscriber_id AND a.uuid = %(uuid)s AND s.id = %(id)s;

-- name: leave_all
-- Forgets an address and all it wanted to hear
DELETE FROM catalogue.subscriber WHERE uuid = %(uuid)s;

-- name: subscriptions_to
-- What is stored for an address
SELECT d.key, s.theme, s.asked_at, s.confirmed_at
FROM catalogue.subscriber AS a
JOIN catalogue.subscription AS s ON s.subscriber_id = a.id
LEFT JOIN core.dataset AS d ON d.id = s.dataset_id
WHERE a.address = (SELECT lower(p.email) FROM identity.person AS p WHERE p.principal_id = %(principal_id)s)
ORDER BY s.id;

-- name: replies_to
-- The requests whose answer an address waits for
SELECT r.request_id, r.asked_at, r.confirmed_at FROM catalogue.reply AS r
WHERE r.address = (SELECT lower(p.email) FROM identity.person AS p WHERE p.principal_id = %(principal_id)s)
ORDER BY r.request_id;

-- name: subscribers_due
-- Takes subscribers who were not told since the hour of the day, for this transaction
SELECT a.id, a.uuid, a.address, a.language, a.told_until,
       coalesce(array_agg(s.dataset_id) FILTER (WHERE s.dataset_id IS NOT NULL), '{}'),
       coalesce(array_agg(s.theme) FILTER (WHERE s.dataset_id IS NULL), '{}')
FROM (
    SELECT n.* FROM catalogue.subscriber AS n
    WHERE n.told_until < %(since)s
      AND EXISTS (SELECT FROM catalogue.subscription AS c WHERE c.subscriber_id = n.id AND c.confirmed_at IS NOT NULL)
    ORDER BY n.told_until LIMIT %(most)s FOR UPDATE SKIP LOCKED
) AS a
JOIN catalogue.subscription AS s ON s.subscriber_id = a.id AND s.confirmed_at IS NOT NULL
GROUP BY a.id, a.uuid, a.address, a.language, a.told_until;

-- name: moved_datasets
-- Datasets that are new or changed since then, newest first; the conditions of access follow
SELECT c.dataset_id, d.key, c.title, c.themes, c.issued,
       greatest(c.changed_at, c.issued, CASE WHEN c.kind <> 'series' THEN c.modified END) AS moved
FROM catalogue.dataset AS c JOIN core.dataset AS d ON d.id = c.dataset_id
WHERE greatest(c.changed_at, c.issued, CASE WHEN c.kind <> 'series' THEN c.modified END) > %s
  AND greatest(c.changed_at, c.issued, CASE WHEN c.kind <> 'series' THEN c.modified END) <= %s AND

-- name: titles
-- Reads keys and titles of datasets; the conditions follow
SELECT d.id, d.key, c.title FROM catalogue.dataset AS c JOIN core.dataset AS d ON d.id = c.dataset_id WHERE

-- name: told
-- Notes until when somebody was told
UPDATE catalogue.subscriber SET told_until = %(until)s WHERE id = ANY (%(ids)s);

-- name: forget_letters
-- Forgets addresses that nobody confirmed within two days, or that have waited a year, or want to hear nothing
WITH asked AS (DELETE FROM catalogue.subscription WHERE confirmed_at IS NULL AND asked_at < now() - interval '2 days'),
replies AS (
    DELETE FROM catalogue.reply WHERE confirmed_at IS NULL AND asked_at < now() - interval '2 days'
       OR asked_at < now() - interval '1 year'
)
DELETE FROM catalogue.subscriber AS a
WHERE NOT EXISTS (SELECT FROM catalogue.subscription AS s WHERE s.subscriber_id = a.id
                  AND (s.confirmed_at IS NOT NULL OR s.asked_at >= now() - interval '2 days'));

-- name: want_reply
-- Notes where the answer to a request shall go; the same form sent twice is one wish
INSERT INTO catalogue.reply (request_id, address, language)
SELECT q.id, %(address)s, %(language)s FROM catalogue.request AS q WHERE q.secret_hash = %(secret_hash)s
ON CONFLICT DO NOTHING RETURNING uuid;

-- name: reply
-- Where an answer goes, by its secret address
SELECT r.uuid, q.title, r.confirmed_at FROM catalogue.reply AS r JOIN catalogue.request AS q ON q.id = r.request_id
WHERE r.uuid = %(uuid)s AND (r.confirmed_at IS NOT NULL OR r.asked_at > now() - interval '2 days');

-- name: confirm_reply
-- Notes that the mailbox belongs to whoever asked
UPDATE catalogue.reply SET confirmed_at = coalesce(confirmed_at, now()) WHERE uuid = %(uuid)s RETURNING uuid;

-- name: drop_reply
-- Forgets where an answer should go
DELETE FROM catalogue.reply WHERE uuid = %(uuid)s;

-- name: reply_of
-- Where the answer to a request goes, if somebody confirmed it; with `last` it is forgotten thereby
WITH found AS (SELECT r.* FROM catalogue.reply AS r WHERE r.request_id = %(id)s),
gone AS (DELETE FROM catalogue.reply WHERE request_id = %(id)s AND %(last)s)
SELECT f.uuid, f.address, f.language, q.title FROM found AS f JOIN catalogue.request AS q ON q.id = f.request_id
WHERE f.confirmed_at IS NOT NULL;

-- name: whom_to_alert
-- Who looks after something in an organisation: whoever made it, if they still may, else those who publish there, else the city
WITH able AS (
    SELECT p.principal_id, m.organisation_id, m.role, o.kind
    FROM identity.person AS p
    JOIN core.membership AS m ON m.person_id = p.principal_id
    JOIN core.organisation AS o ON o.principal_id = m.organisation_id
    WHERE p.disabled_at IS NULL
),
owner AS (
    SELECT DISTINCT principal_id FROM able WHERE principal_id = %(owner)s AND role <> 'reader'
      AND (organisation_id = %(organisation_id)s OR kind = 'city' AND role = 'administrator')
),
others AS (
    SELECT DISTINCT principal_id FROM able WHERE organisation_id = %(organisation_id)s
      AND role IN ('steward', 'publisher', 'administrator') AND NOT EXISTS (SELECT FROM owner)
),
city AS (
    SELECT DISTINCT principal_id FROM able WHERE kind = 'city' AND role = 'administrator'
      AND NOT EXISTS (SELECT FROM owner) AND NOT EXISTS (SELECT FROM others)
)
SELECT principal_id FROM owner UNION SELECT principal_id FROM others UNION SELECT principal_id FROM city
ORDER BY 1 LIMIT 10;

-- name: import_of_alert
-- What an alert about a delivery tells
SELECT r.title, r.organisation_id, r.owner_id, v.file_name
FROM catalogue.import_recipe AS r JOIN catalogue.import_delivery AS v ON v.recipe_id = r.id WHERE v.uuid = %(delivery)s;

-- name: harvest_of_alert
-- What an alert about a harvest tells
SELECT s.title, s.organisation_id, s.created_by, r.message
FROM catalogue.harvest_source AS s JOIN catalogue.harvest_run AS r ON r.source_id = s.id
WHERE s.id = %(source)s AND r.id = %(run)s;

-- name: harvest_failed_before
-- Whether the run before failed as well
SELECT coalesce((SELECT state = 'failed' FROM catalogue.harvest_run
                 WHERE source_id = %(source_id)s AND id < %(run_id)s AND state IN ('done', 'failed')
                 ORDER BY id DESC LIMIT 1), false);
