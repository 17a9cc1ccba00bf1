-- SPDX-License-Identifier: EUPL-1.2

-- name: search_version
-- Reads the numbers that rise when rights or the catalogue change
SELECT a.version, c.version FROM core.access_version AS a, catalogue.version AS c;

-- name: be_lenient
-- Says, for this transaction, how alike words must be to be taken for the same one with a typing error
SELECT set_config('pg_trgm.word_similarity_threshold', %(similar)s, true);

-- name: count_facets
-- Counts what matches, as a whole and by facet, through the few combinations of facets that there are
WITH hits AS MATERIALIZED (
    SELECT e.combination_id, count(*) AS n FROM catalogue.entry AS e WHERE /* conditions */ GROUP BY e.combination_id
)
SELECT f.name, sum(h.n)::bigint AS n
FROM hits AS h
JOIN catalogue.combination AS m ON m.id = h.combination_id
CROSS JOIN LATERAL unnest(m.facets || 'all:'::text) AS f (name)
GROUP BY f.name
ORDER BY n DESC, f.name;

-- name: page_by_relevance
-- Reads one page, the best first: named in title or keywords, then by weight of the words, then the newest
WITH hits AS MATERIALIZED (
    SELECT e.dataset_id, e.moved, /* conditions */ AS named FROM catalogue.entry AS e WHERE /* conditions */
), nearest AS (
    SELECT dataset_id, moved, named FROM hits ORDER BY named DESC, moved DESC, dataset_id LIMIT 1000
)
SELECT dataset_id FROM (
    SELECT h.dataset_id, h.moved, h.named,
           CASE WHEN n.dataset_id IS NULL THEN -1
                ELSE ts_rank(e.search, plainto_tsquery('catalogue.german', %s), 1) END AS weight
    FROM hits AS h
    LEFT JOIN nearest AS n ON n.dataset_id = h.dataset_id
    LEFT JOIN catalogue.entry AS e ON e.dataset_id = n.dataset_id
) AS ranked
ORDER BY named DESC, weight DESC, moved DESC, dataset_id
LIMIT %s OFFSET %s;

-- name: page_of_named
-- Reads one page among the newest thousand that are named so: the beginning of the order of page_by_relevance
SELECT ranked.dataset_id FROM (
    SELECT n.dataset_id, n.moved, ts_rank(n.search, asked.words, 1) AS weight
    FROM (
        SELECT e.dataset_id, e.moved, e.search FROM catalogue.entry AS e
        WHERE /* conditions */
        ORDER BY e.moved DESC, e.dataset_id LIMIT 1000
    ) AS n, plainto_tsquery('catalogue.german', %s) AS asked (words)
) AS ranked
ORDER BY weight DESC, moved DESC, dataset_id
LIMIT %s OFFSET %s;
