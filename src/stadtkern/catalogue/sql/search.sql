-- SPDX-License-Identifier: EUPL-1.2

-- name: search_version
-- Reads the numbers that rise when rights or the catalogue change
SELECT a.version, c.version FROM core.access_version AS a, catalogue.version AS c;

-- name: stems
-- Reads, for each word asked, the numbers of its stems; none where a stem is nowhere said
SELECT CASE WHEN cardinality(s.stems) = cardinality(s.ids) THEN s.ids ELSE '{}' END
FROM unnest(%(words)s::text[]) WITH ORDINALITY AS asked (word, n)
CROSS JOIN LATERAL (
    SELECT l.stems, ARRAY(SELECT w.id FROM catalogue.word AS w WHERE w.stem AND w.text = ANY (l.stems)) AS ids
    FROM (SELECT tsvector_to_array(to_tsvector('catalogue.german', asked.word)) AS stems) AS l
) AS s
ORDER BY asked.n;

-- name: words_alike
-- Reads, for each word asked, the words that are spelt much like it or have a part that is, the closest first
SELECT ARRAY(SELECT w.text FROM catalogue.word AS w
             WHERE NOT w.stem AND w.text %%> asked.word
             ORDER BY word_similarity(asked.word, w.text) + similarity(asked.word, w.text) DESC, w.id LIMIT 12)
FROM unnest(%(words)s::text[]) WITH ORDINALITY AS asked (word, n)
ORDER BY asked.n;

-- name: be_lenient
-- Says, for this transaction, how alike words must be to be taken for the same one with a typing error
SELECT set_config('pg_trgm.word_similarity_threshold', %(similar)s::text, true);

-- name: combinations
-- Counts what matches by the combinations of facets that there are
SELECT m.combination_id, count(*)::bigint FROM catalogue.mark AS m WHERE /* conditions */ GROUP BY m.combination_id;

-- name: combinations_but
-- Reads how many datasets each combination has, without those that are not to be seen
SELECT s.combination_id, sum(s.n)::bigint
FROM (SELECT k.combination_id, k.n FROM catalogue.combination_size AS k
      UNION ALL
      SELECT m.combination_id, -1 FROM catalogue.mark AS m WHERE NOT (/* conditions */)) AS s
GROUP BY s.combination_id HAVING sum(s.n) > 0;

-- name: gather_sizes
-- Makes one row of all rows of a combination; what others are writing meanwhile stays for the next time
WITH taken AS (
    DELETE FROM catalogue.combination_size RETURNING combination_id, n
)
INSERT INTO catalogue.combination_size
SELECT t.combination_id, sum(t.n) FROM taken AS t GROUP BY t.combination_id HAVING sum(t.n) <> 0;

-- name: scattered_sizes
-- Says whether combinations have rows to be gathered
SELECT EXISTS (SELECT FROM catalogue.combination_size AS k GROUP BY k.combination_id HAVING count(*) > 1 OR sum(k.n) = 0);

-- name: mend_sizes
-- Adds what sizes lack, as one look at both sees them; nothing unless somebody wrote past the triggers
INSERT INTO catalogue.combination_size
SELECT combination_id, coalesce(d.n, 0) - coalesce(s.n, 0)
FROM (SELECT m.combination_id, count(*) AS n FROM catalogue.mark AS m GROUP BY m.combination_id) AS d
FULL JOIN (SELECT k.combination_id, sum(k.n) AS n FROM catalogue.combination_size AS k GROUP BY k.combination_id) AS s
    USING (combination_id)
WHERE coalesce(d.n, 0) <> coalesce(s.n, 0);

-- name: combinations_and_first
-- Counts what matches by combinations of facets, and reads the first of those that have the facets wanted
WITH hits AS MATERIALIZED (
    SELECT m.dataset_id, m.combination_id, m.moved, (/* conditions */) AS named FROM catalogue.mark AS m WHERE /* conditions */
), counted AS (
    SELECT h.combination_id, count(*) AS n FROM hits AS h GROUP BY h.combination_id
)
SELECT ARRAY(SELECT c.combination_id FROM counted AS c ORDER BY c.combination_id),
       ARRAY(SELECT c.n FROM counted AS c ORDER BY c.combination_id),
       ARRAY(SELECT h.dataset_id FROM hits AS h WHERE /* conditions */
             ORDER BY h.named DESC, h.moved DESC, h.dataset_id LIMIT %s);

-- name: first_of_newest
-- Reads the newest of what matches
SELECT m.dataset_id FROM catalogue.mark AS m WHERE /* conditions */ ORDER BY m.moved DESC, m.dataset_id LIMIT %s;

-- name: first_of_all
-- Puts all that matches in order, what is named so first and then the newest, and reads the first
SELECT h.dataset_id
FROM (SELECT m.dataset_id, m.moved, (/* conditions */) AS named FROM catalogue.mark AS m WHERE /* conditions */ OFFSET 0) AS h
ORDER BY h.named DESC, h.moved DESC, h.dataset_id LIMIT %s;

-- name: all_sizes
-- Adds up how many datasets there are, hidden ones too; nobody is told, the search only guesses at its costs by it
SELECT coalesce(sum(s.n), 0)::bigint FROM catalogue.combination_size AS s;

-- name: facets_of_combinations
-- Reads which facets these combinations stand for
SELECT c.id, c.facets FROM catalogue.combination AS c WHERE c.id = ANY (%(ids)s::int[]);

-- name: weighed
-- Puts datasets in order: named so before what only mentions it, then by the weight of the words, then the newest
SELECT m.dataset_id
FROM catalogue.mark AS m
JOIN catalogue.entry AS e ON e.dataset_id = m.dataset_id
CROSS JOIN plainto_tsquery('catalogue.german', %s) AS asked (words)
WHERE m.dataset_id = ANY (%s) AND /* conditions */
ORDER BY (/* conditions */) DESC, ts_rank(e.search, asked.words, 1) DESC, m.moved DESC, m.dataset_id;

-- name: closest
-- Puts datasets in order by how much their words are like what was asked
SELECT e.dataset_id FROM catalogue.entry AS e
WHERE e.dataset_id = ANY (%s) AND /* conditions */
ORDER BY word_similarity(%s, e.words) DESC, e.moved DESC, e.dataset_id;
