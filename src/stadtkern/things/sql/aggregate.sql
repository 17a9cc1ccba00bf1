-- SPDX-License-Identifier: EUPL-1.2
-- name: aggregate_facts
-- What one must know of a Datastream before summing it up; goes on with the condition of access.
SELECT d.kind, s.first_time, s.last_time, c.time_zone
FROM core.city AS c, things.datastream AS d LEFT JOIN things.datastream_state AS s ON s.datastream_id = d.id
WHERE d.id = %s;
