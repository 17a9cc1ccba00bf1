-- SPDX-License-Identifier: EUPL-1.2
-- name: series_held
-- What the series of a dataset observe, at things of which type, and their numbers; the conditions are put in.
SELECT coalesce(o.definition, ''), coalesce(t.properties ->> 'type', ''), array_agg(d.id)
FROM things.datastream AS d
JOIN things.thing AS t ON t.id = d.thing_id
LEFT JOIN things.observed_property AS o ON o.id = d.observed_property_id AND /* conditions */
WHERE d.dataset_id = %s AND NOT d.multi AND /* conditions */
GROUP BY 1, 2;
