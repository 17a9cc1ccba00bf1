-- SPDX-License-Identifier: EUPL-1.2
-- name: be_lenient_with_names
-- Says, for this transaction, how alike names must be to be taken for the same one with a typing error.
SELECT set_config('pg_trgm.word_similarity_threshold', %(similar)s, true);

-- name: things_by_name
-- Things called so, then those with a series called so, then those described so; the conditions are put in.
WITH found AS (
    (SELECT t.id, 0 AS rank FROM things.thing AS t WHERE /* conditions */ LIMIT 300)
    UNION ALL
    (SELECT d.thing_id, 1 FROM things.datastream AS d WHERE /* conditions */ LIMIT 300)
    UNION ALL
    (SELECT t.id, 2 FROM things.thing AS t WHERE /* conditions */ LIMIT 300)
), best AS (
    SELECT f.id, min(f.rank) AS rank FROM found AS f GROUP BY f.id
)
SELECT t.id, t.name, t.description
FROM best AS b
JOIN things.thing AS t ON t.id = b.id
WHERE /* conditions */
