-- SPDX-License-Identifier: EUPL-1.2

-- name: begin_step
-- Notes that somebody changes several datasets
INSERT INTO governance.step (person_id, act, said) VALUES (%(person_id)s, %(act)s, %(said)s) RETURNING id;

-- name: keep_before
-- Keeps how a dataset was before the step, and when the step changed it
INSERT INTO governance.step_change (step_id, dataset_id, before, changed_at)
VALUES (%(step_id)s, %(dataset_id)s, %(before)s, %(changed_at)s);

-- name: find_step
-- One of somebody's own steps, and whether there is still time to take it back
SELECT s.id, s.act, s.said, s.made_at, s.undone_at, s.made_at > now() - make_interval(days => %(days)s)
FROM governance.step AS s WHERE s.id = %(id)s AND s.person_id = %(person_id)s;

-- name: changes_of_step
-- How the datasets of a step were before it
SELECT c.dataset_id, c.before, c.changed_at FROM governance.step_change AS c WHERE c.step_id = %(id)s ORDER BY c.dataset_id;

-- name: last_steps
-- Somebody's last steps, newest first
SELECT s.id, s.act, s.said, s.made_at, s.undone_at, s.made_at > now() - make_interval(days => %(days)s)
FROM governance.step AS s WHERE s.person_id = %(person_id)s ORDER BY s.id DESC LIMIT %(limit)s;

-- name: end_step
-- Takes a step back, once and in time
UPDATE governance.step SET undone_at = now()
WHERE id = %(id)s AND person_id = %(person_id)s AND undone_at IS NULL
  AND made_at > now() - make_interval(days => %(days)s) RETURNING id;

-- name: forget_steps
-- Forgets somebody's steps for which the time is long over
DELETE FROM governance.step WHERE person_id = %(person_id)s AND made_at < now() - interval '90 days';
