-- SPDX-License-Identifier: EUPL-1.2

-- name: request_waiting
-- How many requests wait to be looked at
SELECT count(*) FROM catalogue.request WHERE state = 'new';

-- name: request_create
-- Takes a request in; the same form sent twice is one request
INSERT INTO catalogue.request (title, body, purpose, language, secret_hash, ticket_hash)
VALUES (%(title)s, %(body)s, %(purpose)s, %(language)s, %(secret_hash)s, %(ticket_hash)s)
ON CONFLICT DO NOTHING;

-- name: requests
-- Requests with the number of their answers and what they led to; conditions are added behind
SELECT q.id, q.title, q.body, q.purpose, q.state, q.progress, q.refusal, q.created_at, q.moderated_at,
       q.dataset_id, q.inventory_id, d.key, coalesce(c.title ->> 'de', d.key),
       (SELECT count(*) FROM catalogue.answer AS a WHERE a.request_id = q.id)
FROM catalogue.request AS q
LEFT JOIN core.dataset AS d ON d.id = q.dataset_id
LEFT JOIN catalogue.dataset AS c ON c.dataset_id = q.dataset_id
WHERE;

-- name: request_answers
-- The answers to a request, oldest first
SELECT a.at, a.progress, a.body FROM catalogue.answer AS a WHERE a.request_id = %(id)s ORDER BY a.id;

-- name: request_moderate
-- Shows a request to everybody, or does not, with the reason for whoever asked
UPDATE catalogue.request SET state = %(state)s, refusal = %(refusal)s, moderated_at = now(), moderated_by = %(person_id)s
WHERE id = %(id)s RETURNING id;

-- name: request_answer
-- Writes an answer that everybody can read, unless the newest one says the same
INSERT INTO catalogue.answer (request_id, person_id, progress, body)
SELECT %(id)s, %(person_id)s, %(progress)s, %(body)s
WHERE NOT EXISTS (
    SELECT FROM catalogue.answer AS a
    WHERE a.request_id = %(id)s AND a.progress = %(progress)s AND a.body = %(body)s
      AND a.id = (SELECT max(newest.id) FROM catalogue.answer AS newest WHERE newest.request_id = %(id)s))
RETURNING id;

-- name: request_progress
-- Says how far a request is, and what it led to
UPDATE catalogue.request SET progress = %(progress)s, dataset_id = %(dataset_id)s, inventory_id = %(inventory_id)s
WHERE id = %(id)s AND state = 'shown' RETURNING id;

-- name: request_delete
-- Removes a request that is not shown
DELETE FROM catalogue.request WHERE id = %(id)s AND state = 'refused' RETURNING id;

-- name: request_dataset
-- Finds a dataset by its key; the condition of access is added behind
SELECT d.id FROM core.dataset AS d WHERE d.key = %s AND;
