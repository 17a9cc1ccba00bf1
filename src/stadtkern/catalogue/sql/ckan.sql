-- SPDX-License-Identifier: EUPL-1.2

-- name: ckan_sizes
-- Reads how many datasets each combination of facets has, without those that are not to be seen here
SELECT s.combination_id, sum(s.n)::bigint
FROM (SELECT k.combination_id, k.n FROM catalogue.combination_size AS k
      UNION ALL
      SELECT m.combination_id, -1 FROM catalogue.mark AS m
      WHERE m.dataset_id IN (SELECT d.id FROM core.dataset AS d WHERE NOT (/* conditions */))) AS s
GROUP BY s.combination_id HAVING sum(s.n) > 0;

-- name: ckan_matching_sizes
-- Counts what a query finds by combinations of facets; r and o are only read where a condition names them
SELECT m.combination_id, count(*)
FROM catalogue.dataset AS c
JOIN core.dataset AS d ON d.id = c.dataset_id
JOIN catalogue.mark AS m ON m.dataset_id = c.dataset_id
LEFT JOIN core.room AS r ON r.id = d.room_id
LEFT JOIN core.organisation AS o ON o.principal_id = coalesce(d.organisation_id, core.city_organisation())
WHERE /* conditions */ GROUP BY m.combination_id;

-- name: ckan_all_tags
-- Counts all datasets by keyword
SELECT (SELECT w.text FROM catalogue.keyword AS w WHERE w.id = t.keyword_id) AS text, t.n
FROM (SELECT k.keyword_id, count(*) AS n
      FROM catalogue.dataset_keyword AS k JOIN core.dataset AS d ON d.id = k.dataset_id
      WHERE /* conditions */ GROUP BY k.keyword_id) AS t
ORDER BY t.n DESC, text LIMIT %s;

-- name: ckan_tags
-- Counts what a query finds by keyword
WITH matching AS MATERIALIZED (
    SELECT c.dataset_id
    FROM catalogue.dataset AS c
    JOIN core.dataset AS d ON d.id = c.dataset_id
    LEFT JOIN core.room AS r ON r.id = d.room_id
    LEFT JOIN core.organisation AS o ON o.principal_id = coalesce(d.organisation_id, core.city_organisation())
    WHERE /* conditions */)
SELECT (SELECT w.text FROM catalogue.keyword AS w WHERE w.id = t.keyword_id) AS text, t.n
FROM (SELECT k.keyword_id, count(*) AS n
      FROM matching AS m JOIN catalogue.dataset_keyword AS k ON k.dataset_id = m.dataset_id
      WHERE /* conditions */ GROUP BY k.keyword_id) AS t
ORDER BY t.n DESC, text LIMIT %s;

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

-- name: ckan_names
-- Lists keys of datasets in their order, as one value: there are many rows of one word each
SELECT ARRAY(
    SELECT d.key FROM core.dataset AS d JOIN catalogue.dataset AS c ON c.dataset_id = d.id
    WHERE /* conditions */ ORDER BY d.key LIMIT %s OFFSET %s);

-- name: ckan_organisations
-- Reads organisations; 0 stands for the city itself
SELECT jsonb_build_object(
    'id', o.principal_id, 'kind', o.kind, 'name', coalesce(o.about -> 'name', jsonb_build_object('de', a.name)),
    'url', coalesce(o.about ->> 'url', ''), 'email', coalesce(o.about ->> 'email', ''),
    'contributor_id', coalesce(o.about ->> 'contributor_id', ''))
FROM core.organisation AS o JOIN core.principal AS a ON a.id = o.principal_id
WHERE o.principal_id = ANY (%(ids)s) OR 0 = ANY (%(ids)s) AND o.principal_id = core.city_organisation()
ORDER BY o.principal_id;

-- name: ckan_with_tables
-- Finds out which datasets have collections that were delivered; a condition of access on f follows
SELECT f.dataset_id, array_agg(f.key ORDER BY f.key)
FROM features.collection AS f
WHERE f.version > 0 AND f.dataset_id = ANY (%s) AND;
