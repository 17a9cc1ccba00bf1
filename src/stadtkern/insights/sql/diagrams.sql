-- SPDX-License-Identifier: EUPL-1.2
-- name: streams_to_choose
-- Datastreams with numbers that can be drawn, those with most values first; the conditions are put in.
SELECT d.id, d.name, t.name, coalesce(d.unit ->> 'symbol', ''), s.last_time
FROM (
    (SELECT d.id FROM things.datastream AS d WHERE /* conditions */ LIMIT 400)
    UNION
    (SELECT d.id FROM things.thing AS t JOIN things.datastream AS d ON d.thing_id = t.id
     WHERE /* conditions */ LIMIT 400)
) AS f
JOIN things.datastream AS d ON d.id = f.id
JOIN things.thing AS t ON t.id = d.thing_id
LEFT JOIN things.datastream_state AS s ON s.datastream_id = d.id
WHERE NOT d.multi AND /* conditions */
ORDER BY (s.n > 0) DESC NULLS LAST, t.name, d.name, d.id
LIMIT /* conditions */;
