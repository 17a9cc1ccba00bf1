-- SPDX-License-Identifier: EUPL-1.2

-- name: take_rating
-- Keep an answer; sending the same form twice keeps it once.
INSERT INTO city.rating (path, dataset_id, helped, remark, language, given_on, ticket_hash)
VALUES (%(path)s, %(dataset_id)s, %(helped)s, %(remark)s, %(language)s, %(day)s, %(ticket_hash)s)
ON CONFLICT (ticket_hash) DO NOTHING;

-- name: rating_bounds
-- How many remarks wait in all, and how many answers a page has been given on a day.
SELECT (SELECT count(*) FROM city.rating WHERE remark <> '' AND read_on IS NULL),
       (SELECT count(*) FROM city.rating WHERE path = %(path)s AND given_on = %(day)s);

-- name: rated_pages
-- Pages with their answers since a day and the remarks that wait, those with remarks first
SELECT r.path, count(*) FILTER (WHERE r.helped AND r.given_on >= %s),
       count(*) FILTER (WHERE NOT r.helped AND r.given_on >= %s), count(*) FILTER (WHERE r.remark <> '' AND r.read_on IS NULL) AS waiting
FROM city.rating AS r
LEFT JOIN core.dataset AS d ON d.id = r.dataset_id
WHERE /* conditions */
GROUP BY r.path
HAVING max(r.given_on) >= %s OR count(*) FILTER (WHERE r.remark <> '' AND r.read_on IS NULL) > 0
ORDER BY waiting DESC, 3 DESC, 2 DESC, r.path
LIMIT %s OFFSET %s;

-- name: remarks
-- Remarks that wait, or that were read not long ago; the oldest first
SELECT r.id, r.path, r.helped, r.remark, r.language, r.given_on, r.read_on IS NOT NULL
FROM city.rating AS r
LEFT JOIN core.dataset AS d ON d.id = r.dataset_id
WHERE r.remark <> '' AND (%s OR (r.read_on IS NOT NULL) = %s) AND /* conditions */
ORDER BY r.id
LIMIT %s;

-- name: count_remarks
-- How many remarks wait
SELECT count(*)
FROM city.rating AS r
LEFT JOIN core.dataset AS d ON d.id = r.dataset_id
WHERE r.remark <> '' AND r.read_on IS NULL AND /* conditions */;

-- name: note_read
-- Somebody has read a remark; without a day nobody has.
UPDATE city.rating SET read_on = %(day)s WHERE id = %(id)s;

-- name: forget_remarks
-- Forget remarks that were read before a day; their answers go on counting.
UPDATE city.rating SET remark = '' WHERE remark <> '' AND read_on < %(before)s;

-- name: forget_ratings
-- Forget answers that were given before a day, but not remarks that wait.
DELETE FROM city.rating WHERE given_on < %(before)s AND (remark = '' OR read_on IS NOT NULL);

-- name: remove_rating
-- Forget an answer with its remark.
DELETE FROM city.rating WHERE id = %(id)s;
