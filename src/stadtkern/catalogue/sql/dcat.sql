-- SPDX-License-Identifier: EUPL-1.2

-- name: dcat_city
-- Reads the city's own organisation, which publishes the catalogue, and when something in it changed last
SELECT jsonb_build_object(
    'id', o.principal_id, 'kind', o.kind, 'name', coalesce(o.about -> 'name', jsonb_build_object('de', a.name)),
    'url', coalesce(o.about ->> 'url', ''), 'email', coalesce(o.about ->> 'email', ''),
    'contributor_id', coalesce(o.about ->> 'contributor_id', '')), NULL::timestamptz
FROM core.organisation AS o
JOIN core.principal AS a ON a.id = o.principal_id
WHERE o.principal_id = core.city_organisation();

-- name: dcat_series
-- Finds the addresses of datasets that others are part of; a condition of access on d follows
SELECT d.id, d.uuid FROM core.dataset AS d WHERE d.id = ANY (%s) AND d.state = 'published' AND;

-- name: dcat_parents
-- Finds out which of these datasets have others as their parts; a condition of access on c follows
SELECT DISTINCT c.series_id, NULL::uuid FROM catalogue.dataset AS c WHERE c.series_id = ANY (%s) AND;

-- name: dcat_count
-- Counts datasets; conditions on c and d follow
SELECT count(*) FROM catalogue.dataset AS c JOIN core.dataset AS d ON d.id = c.dataset_id WHERE;
