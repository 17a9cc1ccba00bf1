-- SPDX-License-Identifier: EUPL-1.2

-- name: put_mail
-- Lets a mail wait for the mail server
INSERT INTO identity.mail (kind, address, person_id, language, facts, sealed, bulk, expires_at)
VALUES (%(kind)s, %(address)s, %(person_id)s, %(language)s, %(facts)s, %(sealed)s, %(bulk)s, now() + %(lasts)s::interval)
RETURNING id;

-- name: mail_waits
-- Whether a mail is due
SELECT EXISTS (SELECT FROM identity.mail WHERE state = 'waiting' AND not_before <= now()
               AND (lease_until IS NULL OR lease_until < now()));

-- name: claim_mail
-- Takes mails that are due, those to many after the others, for as long as the lease lasts; a try begins.
-- Chosen once and for all: a plan may ask a subquery again for each row, which then takes the next so many
WITH due AS MATERIALIZED (
    SELECT n.id FROM identity.mail AS n
    WHERE n.state = 'waiting' AND n.not_before <= now() AND (n.lease_until IS NULL OR n.lease_until < now())
    ORDER BY n.bulk, n.not_before, n.id LIMIT %(most)s FOR UPDATE SKIP LOCKED
)
UPDATE identity.mail AS m SET lease_until = now() + %(lease)s::interval, attempts = m.attempts + 1
FROM due WHERE m.id = due.id
RETURNING m.id, m.uuid, m.kind, coalesce(m.address, (
    SELECT p.email FROM identity.person AS p WHERE p.principal_id = m.person_id AND p.disabled_at IS NULL)),
    coalesce((SELECT p.language FROM identity.person AS p WHERE p.principal_id = m.person_id), m.language), m.facts, m.sealed, m.attempts, m.created_at, m.expires_at < now();

-- name: mail_sent
-- Forgets a mail that the mail server has taken, and counts it
WITH gone AS (DELETE FROM identity.mail WHERE id = %(id)s RETURNING kind)
INSERT INTO identity.mail_day AS d (kind, sent) SELECT kind, 1 FROM gone
ON CONFLICT (day, kind) DO UPDATE SET sent = d.sent + 1;

-- name: drop_mail
-- Forgets a mail that has nobody to go to
DELETE FROM identity.mail WHERE id = %(id)s;

-- name: mail_later
-- Lets a mail wait for its next try
UPDATE identity.mail SET lease_until = NULL, not_before = now() + %(pause)s::interval, error = %(error)s WHERE id = %(id)s;

-- name: mail_dead
-- Gives a mail up, so that people decide, and counts it
WITH given_up AS (
    UPDATE identity.mail SET state = 'dead', lease_until = NULL, error = %(error)s
    WHERE id = %(id)s AND state = 'waiting' RETURNING kind
)
INSERT INTO identity.mail_day AS d (kind, dead) SELECT kind, 1 FROM given_up
ON CONFLICT (day, kind) DO UPDATE SET dead = d.dead + 1;

-- name: forget_old_mail
-- Forgets mails given up a month ago, and counts of a year ago
WITH counts AS (DELETE FROM identity.mail_day WHERE day < current_date - 366)
DELETE FROM identity.mail WHERE state = 'dead' AND created_at < now() - interval '30 days';

-- name: mails
-- Mails that wait or were given up, newest first, with whom they are for
SELECT m.id, m.kind, coalesce(m.address, p.email, ''), m.state, m.attempts, m.created_at, m.not_before, m.error
FROM identity.mail AS m LEFT JOIN identity.person AS p ON p.principal_id = m.person_id
WHERE m.state = %(state)s ORDER BY m.id DESC LIMIT %(limit)s;

-- name: mail_sums
-- How many wait, how many were given up, and since when the oldest waits
SELECT count(*) FILTER (WHERE state = 'waiting'), count(*) FILTER (WHERE state = 'dead'),
       min(created_at) FILTER (WHERE state = 'waiting')
FROM identity.mail;

-- name: health_mail
-- How many wait, seconds of the one that is due the longest, and how many were given up.
SELECT count(*) FILTER (WHERE state = 'waiting'),
       extract(epoch FROM now() - min(not_before) FILTER (WHERE state = 'waiting' AND not_before <= now()))::float8,
       count(*) FILTER (WHERE state = 'dead')
FROM identity.mail;

-- name: mail_days
-- What was sent and given up of each kind in the last thirty days
SELECT kind, sum(sent), sum(dead) FROM identity.mail_day WHERE day > current_date - 30
GROUP BY kind ORDER BY sum(sent) + sum(dead) DESC, kind;

-- name: retry_mail
-- Lets mails that were given up be tried again: one, or all where none is named
UPDATE identity.mail SET state = 'waiting', attempts = 0, not_before = now(), lease_until = NULL, error = '',
    expires_at = greatest(expires_at, now() + interval '1 day')
WHERE state = 'dead' AND (%(id)s::bigint IS NULL OR id = %(id)s) RETURNING id;

-- name: discard_mail
-- Removes a mail that was given up
DELETE FROM identity.mail WHERE state = 'dead' AND id = %(id)s RETURNING id;

-- name: forget_mail_to
-- Removes mails to the address of somebody who leaves
DELETE FROM identity.mail WHERE person_id = %(principal_id)s OR lower(address) = lower(%(email)s) AND %(email)s <> '';
