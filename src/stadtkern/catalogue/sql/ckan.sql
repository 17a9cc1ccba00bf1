-- SPDX-License-Identifier: EUPL-1.2

-- name: ckan_count
-- Counts the datasets that a query finds; conditions on c, d, r and o follow
SELECT count(*)
FROM catalogue.dataset AS c
JOIN core.dataset AS d ON d.id = c.dataset_id
JOIN core.room AS r ON r.id = d.room_id
JOIN core.organisation AS o ON o.principal_id = coalesce(d.organisation_id, core.city_organisation())
WHERE;

-- name: ckan_matching
-- Names the datasets that a query finds; conditions, a bracket and one of the facets below follow
WITH matching AS MATERIALIZED (
    SELECT c.dataset_id, o.principal_id AS organisation_id
    FROM catalogue.dataset AS c
    JOIN core.dataset AS d ON d.id = c.dataset_id
    JOIN core.room AS r ON r.id = d.room_id
    JOIN core.organisation AS o ON o.principal_id = coalesce(d.organisation_id, core.city_organisation())
    WHERE;

-- name: ckan_facet_organization
-- Counts datasets by organisation; a condition of access on m follows
SELECT m.organisation_id::text, count(*) FROM matching AS m WHERE;

-- name: ckan_facet_groups
-- Counts datasets by theme; a condition of access on k follows
SELECT lower(t), count(*)
FROM matching AS m JOIN catalogue.dataset AS k ON k.dataset_id = m.dataset_id CROSS JOIN LATERAL unnest(k.themes) AS t
WHERE;

-- name: ckan_facet_tags
-- Counts datasets by keyword; a condition of access on k follows
SELECT (SELECT w.text FROM catalogue.keyword AS w WHERE w.id = k.keyword_id), count(*)
FROM matching AS m JOIN catalogue.dataset_keyword AS k ON k.dataset_id = m.dataset_id
WHERE;

-- name: ckan_keywords
-- Lists keywords that a dataset has which may be seen; each looks for one such dataset, however many have it
SELECT k.text
FROM catalogue.keyword AS k
CROSS JOIN LATERAL (
    SELECT FROM catalogue.dataset_keyword AS t JOIN core.dataset AS d ON d.id = t.dataset_id
    WHERE t.keyword_id = k.id AND /* conditions */ LIMIT 1) AS one
WHERE %s::text IS NULL OR md5(k.text) = md5(%s::text);

-- name: ckan_with_keyword
-- Names the datasets that have a keyword; a condition of access on t and a bracket follow
EXISTS (SELECT FROM catalogue.dataset_keyword AS t JOIN catalogue.keyword AS k ON k.id = t.keyword_id
        WHERE t.dataset_id = c.dataset_id AND md5(k.text) = md5(%s::text) AND;

-- name: ckan_themes
-- Counts datasets by theme, through the combinations of facets that there are
SELECT lower(split_part(f.name, ':', 2)) AS theme, sum(h.n)::bigint
FROM (
    SELECT m.combination_id, count(*) AS n
    FROM catalogue.mark AS m JOIN core.dataset AS d ON d.id = m.dataset_id
    WHERE /* conditions */ GROUP BY m.combination_id) AS h
JOIN catalogue.combination AS c ON c.id = h.combination_id
CROSS JOIN LATERAL unnest(c.facets) AS f (name)
WHERE f.name LIKE 'theme:%%'
GROUP BY theme ORDER BY theme;

-- name: ckan_facet_res_format
-- Counts datasets by the formats of their forms; a condition of access on p follows
SELECT p.format, count(DISTINCT m.dataset_id)
FROM matching AS m JOIN catalogue.distribution AS p ON p.dataset_id = m.dataset_id
WHERE p.format <> '' AND;

-- name: ckan_facet_license_id
-- Counts datasets by the licences of their forms; a condition of access on p follows
SELECT p.licence, count(DISTINCT m.dataset_id)
FROM matching AS m JOIN catalogue.distribution AS p ON p.dataset_id = m.dataset_id
WHERE p.licence <> '' AND;

-- name: ckan_names
-- Lists keys of datasets; conditions on c and d follow
SELECT d.key FROM catalogue.dataset AS c JOIN core.dataset AS d ON d.id = c.dataset_id WHERE;

-- name: ckan_organisation_sizes
-- Counts datasets by organisation; conditions on c and d follow
SELECT coalesce(d.organisation_id, core.city_organisation()) AS organisation_id, count(*)
FROM catalogue.dataset AS c JOIN core.dataset AS d ON d.id = c.dataset_id
WHERE;

-- name: ckan_organisations
-- Reads organisations
SELECT jsonb_build_object(
    'id', o.principal_id, 'kind', o.kind, 'name', coalesce(o.about -> 'name', jsonb_build_object('de', a.name)),
    'url', coalesce(o.about ->> 'url', ''), 'email', coalesce(o.about ->> 'email', ''),
    'contributor_id', coalesce(o.about ->> 'contributor_id', ''))
FROM core.organisation AS o JOIN core.principal AS a ON a.id = o.principal_id
WHERE o.principal_id = ANY (%(ids)s) ORDER BY o.principal_id;

-- name: ckan_with_tables
-- Finds out which datasets have collections that were delivered; a condition of access on f follows
SELECT f.dataset_id, array_agg(f.key ORDER BY f.key)
FROM features.collection AS f
WHERE f.version > 0 AND f.dataset_id = ANY (%s) AND;
