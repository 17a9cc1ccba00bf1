-- SPDX-License-Identifier: EUPL-1.2

-- name: imports_waiting
-- How many deliveries wait for a person: for whoever brought them on, and for a steward's word about personal data
SELECT count(*) FILTER (WHERE NOT w.undecided AND (%(everything)s OR w.organisation_id = ANY (%(editing)s))),
       count(*) FILTER (WHERE w.undecided AND (%(everything)s OR w.organisation_id = ANY (%(stewarding)s)))
FROM (
    SELECT r.organisation_id,
           d.state IN ('checked', 'held') AND d.decision IS NULL
           AND coalesce(jsonb_array_length(d.checked -> 'privacy'), 0) > 0 AS undecided
    FROM catalogue.import_delivery AS d
    JOIN catalogue.import_recipe AS r ON r.id = d.recipe_id
    -- Files that nobody has touched for thirty days are removed; then there is nothing to decide.
    WHERE d.state IN ('looked', 'checked', 'held', 'refused', 'failed') AND d.updated_at > now() - interval '30 days'
) AS w;

-- name: releases_waiting
-- How many proposals somebody else made wait for a decision in some organisations, and until when the first must fall
SELECT count(*), min(r.due)
FROM catalogue.release AS r
JOIN catalogue.inventory AS e ON e.id = r.inventory_id
WHERE r.decision IS NULL AND r.proposed_by IS DISTINCT FROM %(person_id)s AND e.organisation_id = ANY (%(organisations)s);

-- name: harvests_waiting
-- How many catalogues could not be harvested the last time, of some organisations
SELECT count(*)
FROM catalogue.harvest_source AS s
WHERE s.active AND (%(everything)s OR s.organisation_id = ANY (%(organisations)s))
  AND (SELECT r.state FROM catalogue.harvest_run AS r
       WHERE r.source_id = s.id AND r.state <> 'running' ORDER BY r.id DESC LIMIT 1) IN ('failed', 'abandoned');
