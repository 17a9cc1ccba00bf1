-- SPDX-License-Identifier: EUPL-1.2

-- name: inventory_reach
-- All organisations, with the role that a person has in each
SELECT o.principal_id, p.name, o.kind, m.role
FROM core.organisation AS o
JOIN core.principal AS p ON p.id = o.principal_id
LEFT JOIN core.membership AS m ON m.organisation_id = o.principal_id AND m.person_id = %(person_id)s
ORDER BY p.name, o.principal_id;

-- name: inventory_entries
-- Entries with their organisation and open proposal; conditions are added behind
SELECT e.id, e.organisation_id, p.name, e.title, e.description, e.owner, e.contact, e.system, e.format, e.frequency,
       e.legal_basis, e.personal, e.openness, e.openness_reason, e.effort, e.concept, e.due, e.state,
       e.dataset_id, e.revision, e.created_at, e.changed_at,
       r.id, r.proposed_by, coalesce(q.name, ''), r.proposed_at, r.reason, r.due
FROM catalogue.inventory AS e
JOIN core.principal AS p ON p.id = e.organisation_id
LEFT JOIN catalogue.release AS r ON r.inventory_id = e.id AND r.decision IS NULL
LEFT JOIN core.principal AS q ON q.id = r.proposed_by
WHERE;

-- name: inventory_counts
-- How many entries there are in each state, and how many deadlines have passed; conditions are added behind
SELECT count(*), count(*) FILTER (WHERE e.state = 'recorded'), count(*) FILTER (WHERE e.state = 'proposed'),
       count(*) FILTER (WHERE e.state = 'approved'), count(*) FILTER (WHERE e.state = 'refused')
FROM catalogue.inventory AS e
LEFT JOIN catalogue.release AS r ON r.inventory_id = e.id AND r.decision IS NULL
WHERE;

-- name: inventory_concepts
-- How often the entries that meet the conditions name each concept of the Musterdatenkatalog
SELECT e.concept, count(*), min(e.id)
FROM catalogue.inventory AS e
WHERE e.concept <> '' AND;

-- name: inventory_create
-- Records an entry
INSERT INTO catalogue.inventory (organisation_id, title, description, owner, contact, system, format, frequency,
    legal_basis, personal, openness, openness_reason, effort, concept, due)
VALUES (%(organisation_id)s, %(title)s, %(description)s, %(owner)s, %(contact)s, %(system)s, %(format)s, %(frequency)s,
    %(legal_basis)s, %(personal)s, %(openness)s, %(openness_reason)s, %(effort)s, %(concept)s, %(due)s)
ON CONFLICT DO NOTHING
RETURNING id;

-- name: inventory_change
-- Writes what is said of an entry, if it still is as the writer saw it and nobody decides about it
UPDATE catalogue.inventory SET title = %(title)s, description = %(description)s, owner = %(owner)s,
    contact = %(contact)s, system = %(system)s, format = %(format)s, frequency = %(frequency)s,
    legal_basis = %(legal_basis)s, personal = %(personal)s, openness = %(openness)s,
    openness_reason = %(openness_reason)s, effort = %(effort)s, concept = %(concept)s, due = %(due)s,
    state = 'recorded', revision = revision + 1, changed_at = now()
WHERE id = %(id)s AND revision = %(revision)s AND state <> 'proposed'
RETURNING id;

-- name: inventory_lock
-- Holds an entry while something is decided about it
SELECT state, revision, organisation_id FROM catalogue.inventory WHERE id = %(id)s FOR UPDATE;

-- name: inventory_state
-- Moves an entry to another state
UPDATE catalogue.inventory SET state = %(state)s, revision = revision + 1, changed_at = now() WHERE id = %(id)s;

-- name: inventory_link
-- Says which dataset has come out of an entry
UPDATE catalogue.inventory SET dataset_id = %(dataset_id)s, revision = revision + 1, changed_at = now() WHERE id = %(id)s;

-- name: inventory_delete
-- Removes an entry with its history
DELETE FROM catalogue.inventory WHERE id = %(id)s;

-- name: inventory_event
-- Writes one line of an entry's history
INSERT INTO catalogue.inventory_event (inventory_id, person_id, kind, changes, note)
VALUES (%(id)s, %(person_id)s, %(kind)s, %(changes)s, %(note)s);

-- name: inventory_history
-- The history of an entry, newest first
SELECT h.at, coalesce(p.name, ''), h.kind, h.changes, h.note
FROM catalogue.inventory_event AS h
LEFT JOIN core.principal AS p ON p.id = h.person_id
WHERE h.inventory_id = %(id)s
ORDER BY h.id DESC
LIMIT 200;

-- name: release_propose
-- Proposes to let the data of an entry out
INSERT INTO catalogue.release (inventory_id, proposed_by, reason, due)
VALUES (%(id)s, %(person_id)s, %(reason)s, %(due)s);

-- name: release_open
-- Holds the open proposal of an entry
SELECT id, proposed_by FROM catalogue.release WHERE inventory_id = %(id)s AND decision IS NULL FOR UPDATE;

-- name: release_decide
-- Decides a proposal
UPDATE catalogue.release SET decision = %(decision)s, decided_by = %(person_id)s, decided_at = now(),
    decision_reason = %(reason)s
WHERE id = %(release_id)s;

-- name: inventory_published_concepts
-- Which published datasets name which concept; the condition of access is added behind
SELECT m.slug, d.key, c.title
FROM catalogue.dataset AS c
JOIN core.dataset AS d ON d.id = c.dataset_id AND d.state = 'published'
CROSS JOIN LATERAL unnest(c.musterdatensaetze) AS m (slug)
WHERE;

-- name: inventory_dataset
-- Key and title of one dataset; the caller has asked whether it may be seen
SELECT d.key, coalesce(c.title ->> 'de', d.about -> 'title' ->> 'de', d.key)
FROM core.dataset AS d LEFT JOIN catalogue.dataset AS c ON c.dataset_id = d.id
WHERE d.id = %(dataset_id)s;
