-- SPDX-License-Identifier: EUPL-1.2

-- name: things_near
-- Things whose place touches a box, the nearest to a point first; one degree of longitude is so many of latitude long
SELECT f.id, f.distance FROM (
    SELECT t.id, min(sqrt(((center(l.bounds))[0] - %s) ^ 2 * %s ^ 2 + ((center(l.bounds))[1] - %s) ^ 2)) AS distance
    FROM things.location AS l
    JOIN things.thing_location AS tl ON tl.location_id = l.id
    JOIN things.thing AS t ON t.id = tl.thing_id
    WHERE l.bounds && box(point(%s, %s), point(%s, %s)) AND /* conditions */
    GROUP BY t.id
) AS f
WHERE f.distance <= %s
ORDER BY f.distance, f.id
LIMIT %s;
