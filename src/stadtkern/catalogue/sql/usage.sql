-- SPDX-License-Identifier: EUPL-1.2

-- name: usage_add
-- Adds what was counted to the day; datasets that are gone meanwhile are left out
INSERT INTO catalogue.usage AS u (dataset_id, day, kind, n)
SELECT c.dataset_id, %(day)s, c.kind, c.n
FROM unnest(%(ids)s::bigint[], %(kinds)s::text[], %(numbers)s::bigint[]) AS c (dataset_id, kind, n)
JOIN core.dataset AS d ON d.id = c.dataset_id
ORDER BY c.dataset_id, c.kind
ON CONFLICT (dataset_id, day, kind) DO UPDATE SET n = u.n + excluded.n;

-- name: usage_months
-- How often a dataset was used in each month since a day, by kind
SELECT date_trunc('month', u.day)::date, u.kind, sum(u.n)::bigint
FROM catalogue.usage AS u
WHERE u.dataset_id = %(dataset_id)s AND u.day >= %(since)s
GROUP BY 1, 2 ORDER BY 1, 2;

-- name: usage_most
-- The datasets used most since a day, by kind; the condition of access is added behind
SELECT u.dataset_id, d.key, coalesce(c.title ->> 'de', d.key), sum(u.n)::bigint,
       coalesce(sum(u.n) FILTER (WHERE u.kind = 'view'), 0)::bigint,
       coalesce(sum(u.n) FILTER (WHERE u.kind = 'download'), 0)::bigint,
       coalesce(sum(u.n) FILTER (WHERE u.kind = 'embed'), 0)::bigint
FROM catalogue.usage AS u
JOIN core.dataset AS d ON d.id = u.dataset_id
LEFT JOIN catalogue.dataset AS c ON c.dataset_id = u.dataset_id
WHERE u.day >= %s AND;
