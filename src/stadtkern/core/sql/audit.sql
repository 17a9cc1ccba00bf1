-- SPDX-License-Identifier: EUPL-1.2

-- name: note_access
-- Adds an entry about a request to the log; the rooms in view are those of the datasets in view
INSERT INTO core.audit (action, surface, principal_id, token_id, dataset_ids, room_ids, address, detail)
VALUES (%(action)s, %(surface)s, %(principal_id)s, %(token_id)s, %(dataset_ids)s,
        ARRAY(SELECT DISTINCT d.room_id FROM core.dataset AS d WHERE d.id = ANY (%(in_view)s) ORDER BY 1),
        %(address)s, %(detail)s);

-- name: act_as
-- Says for the rest of the transaction who changes something
SELECT set_config('stadtkern.actor', %(principal_id)s, true);

-- name: forget_old_entries
-- Removes entries of the log whose time is over
DELETE FROM core.audit
WHERE id IN (SELECT a.id FROM core.audit AS a, core.audit_policy AS p
             WHERE a.at < now() - p.keep ORDER BY a.at, a.id LIMIT %(most)s);
