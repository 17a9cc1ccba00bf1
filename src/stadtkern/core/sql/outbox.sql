-- SPDX-License-Identifier: EUPL-1.2

-- name: emit
-- Writes one event in the transaction of what happened
INSERT INTO core.outbox (topic, payload) VALUES (%(topic)s, %(payload)s);

-- name: wake_relay
-- Wakes the relay once the transaction commits
SELECT pg_notify('stadtkern_outbox', '');

-- name: take_events
-- Takes due events, and those put off further than can be (the clock was set back); other relays skip what we hold
SELECT id, topic, payload, attempts FROM core.outbox
WHERE (not_before <= now() OR not_before > now() + interval '2 hours') AND topic <> ALL (%(left)s::text[])
ORDER BY id
LIMIT %(limit)s
FOR UPDATE SKIP LOCKED;

-- name: drop_events
-- Removes delivered events
DELETE FROM core.outbox WHERE id = ANY (%(ids)s);

-- name: postpone_event
-- Keeps an event whose delivery failed for a later try
UPDATE core.outbox
SET attempts = attempts + 1,
    last_error = %(error)s,
    not_before = now() + make_interval(secs => least(3600, power(2, least(attempts, 12))))
WHERE id = %(id)s;
