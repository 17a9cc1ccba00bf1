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
       coalesce(sum(u.n) FILTER (WHERE u.kind = 'embed'), 0)::bigint,
       coalesce(sum(u.n) FILTER (WHERE u.kind = 'sta'), 0)::bigint,
       coalesce(sum(u.n) FILTER (WHERE u.kind = 'ogc'), 0)::bigint,
       coalesce(sum(u.n) FILTER (WHERE u.kind = 'ckan'), 0)::bigint,
       coalesce(sum(u.n) FILTER (WHERE u.kind = 'dcat'), 0)::bigint
FROM catalogue.usage AS u
JOIN core.dataset AS d ON d.id = u.dataset_id
LEFT JOIN catalogue.dataset AS c ON c.dataset_id = u.dataset_id
WHERE u.day >= %s AND;

-- name: usage_gather
-- Adds uses of entities and collections to their datasets' day in the city's zone
WITH used AS (
    SELECT * FROM unnest(%(sets)s::text[], %(names)s::text[], %(numbers)s::bigint[]) AS u (kind, name, n)
), found AS (
    SELECT t.dataset_id, 'sta' AS kind, u.n FROM used AS u
    JOIN things.thing AS t ON t.id = CASE WHEN u.kind = 'Things' THEN u.name::bigint END
    UNION ALL
    SELECT s.dataset_id, 'sta', u.n FROM used AS u
    JOIN things.datastream AS s ON s.id = CASE WHEN u.kind IN ('Datastreams', 'MultiDatastreams') THEN u.name::bigint END
    UNION ALL
    SELECT l.dataset_id, 'sta', u.n FROM used AS u
    JOIN things.location AS l ON l.id = CASE WHEN u.kind = 'Locations' THEN u.name::bigint END
    UNION ALL
    SELECT c.dataset_id, u.kind, u.n FROM used AS u
    JOIN features.collection AS c ON u.kind IN ('ogc', 'download') AND c.key = u.name
)
INSERT INTO catalogue.usage AS w (dataset_id, day, kind, n)
SELECT f.dataset_id, (now() AT TIME ZONE y.time_zone)::date, f.kind, sum(f.n)::bigint
FROM found AS f CROSS JOIN core.city AS y
GROUP BY 1, 2, 3 ORDER BY 1, 3
ON CONFLICT (dataset_id, day, kind) DO UPDATE SET n = w.n + excluded.n;
