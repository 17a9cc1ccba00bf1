-- SPDX-License-Identifier: EUPL-1.2

-- name: adopt_dataset
-- Makes the entry of a dataset of time series where there is none
INSERT INTO catalogue.dataset (dataset_id, kind, issued)
SELECT d.id, 'series', d.created_at FROM core.dataset AS d WHERE d.id = %(dataset_id)s
ON CONFLICT DO NOTHING
RETURNING dataset_id;

-- name: series_extent
-- How many series a dataset holds, since when and until when, and the box around its places
SELECT count(*), min(s.first_time), max(s.last_time),
       (SELECT json_build_array(min((l.bounds[1])[0]), min((l.bounds[1])[1]), max((l.bounds[0])[0]), max((l.bounds[0])[1]))
        FROM things.location AS l WHERE l.dataset_id = %(dataset_id)s AND l.bounds IS NOT NULL)
FROM things.datastream AS t
LEFT JOIN things.datastream_state AS s ON s.datastream_id = t.id
WHERE t.dataset_id = %(dataset_id)s;

-- name: note_extent
-- Notes since when and where a dataset says something, where people have not said it themselves
UPDATE catalogue.dataset SET
    temporal_from = coalesce(temporal_from, %(first)s::timestamptz),
    area = CASE WHEN spatial IS NULL THEN %(area)s::box ELSE area END,
    spatial = coalesce(spatial, %(spatial)s::jsonb)
WHERE dataset_id = %(dataset_id)s
  AND ((temporal_from IS NULL AND %(first)s::timestamptz IS NOT NULL) OR (spatial IS NULL AND %(spatial)s::jsonb IS NOT NULL));

-- name: place_features
-- Lets geodata lie where their collection does, where people have not said it themselves; all, or those of one dataset
WITH placed AS (
    SELECT c.dataset_id, c.spatial, c.area, f.bounds,
           jsonb_build_object('type', 'Polygon', 'coordinates', jsonb_build_array(jsonb_build_array(
               jsonb_build_array((f.bounds[1])[0], (f.bounds[1])[1]), jsonb_build_array((f.bounds[0])[0], (f.bounds[1])[1]),
               jsonb_build_array((f.bounds[0])[0], (f.bounds[0])[1]), jsonb_build_array((f.bounds[1])[0], (f.bounds[0])[1]),
               jsonb_build_array((f.bounds[1])[0], (f.bounds[1])[1])))) AS around,
           jsonb_build_object('type', 'Polygon', 'coordinates', jsonb_build_array(jsonb_build_array(
               jsonb_build_array((c.area[1])[0], (c.area[1])[1]), jsonb_build_array((c.area[0])[0], (c.area[1])[1]),
               jsonb_build_array((c.area[0])[0], (c.area[0])[1]), jsonb_build_array((c.area[1])[0], (c.area[0])[1]),
               jsonb_build_array((c.area[1])[0], (c.area[1])[1])))) AS before
    FROM catalogue.dataset AS c
    JOIN (SELECT g.dataset_id, box(point(max((g.bounds[0])[0]), max((g.bounds[0])[1])),
                                   point(min((g.bounds[1])[0]), min((g.bounds[1])[1]))) AS bounds
          FROM features.collection AS g WHERE g.bounds IS NOT NULL GROUP BY g.dataset_id) AS f ON f.dataset_id = c.dataset_id
    WHERE %(dataset_id)s::bigint IS NULL OR c.dataset_id = %(dataset_id)s
)
UPDATE catalogue.dataset AS c SET spatial = p.around, area = p.bounds
FROM placed AS p
WHERE c.dataset_id = p.dataset_id
  AND (p.spatial IS NULL OR p.spatial = p.before AND NOT coalesce(p.area ~= p.bounds, false));

-- name: move_series
-- Lets datasets of time series be as new as their newest readings, hour by hour, and never older than their publication:
-- with readings from before then they were changed last when they were published
UPDATE catalogue.dataset AS c SET modified = greatest(n.newest, c.issued)
FROM (
    SELECT t.dataset_id, date_trunc('hour', max(coalesce(s.last_end, s.last_time))) AS newest
    FROM things.datastream AS t JOIN things.datastream_state AS s ON s.datastream_id = t.id
    GROUP BY t.dataset_id
) AS n
WHERE c.dataset_id = n.dataset_id AND c.kind = 'series' AND n.newest <= now()
  AND (c.modified IS NULL OR c.modified < greatest(n.newest, c.issued));

-- name: key_of
-- Reads a dataset's key
SELECT key FROM core.dataset WHERE id = %(dataset_id)s;

-- name: own_service
-- Makes one of our own interfaces known, once
INSERT INTO catalogue.service
    (endpoint_url, endpoint_description, title, description, documentation, conforms_to, organisation_id, availability)
VALUES (%(endpoint_url)s, %(endpoint_description)s, %(title)s, %(description)s, %(documentation)s, %(conforms_to)s,
        core.city_organisation(), 'STABLE')
ON CONFLICT (endpoint_url) WHERE endpoint_url LIKE '/%%' DO UPDATE SET endpoint_url = excluded.endpoint_url
RETURNING uuid;

-- name: own_service_serves
-- Says that one of our own interfaces serves a dataset
INSERT INTO catalogue.service_dataset (service_id, dataset_id)
SELECT s.id, %(dataset_id)s FROM catalogue.service AS s WHERE s.endpoint_url = %(endpoint_url)s
ON CONFLICT DO NOTHING;

-- name: offer_form
-- Adds a form that a part of the catalogue made by itself
INSERT INTO catalogue.distribution
    (dataset_id, position, title, description, access_url, download_url, format, media_type, licence, attribution, rights,
     conforms_to, service_uuid, made_by, issued, availability, status)
VALUES (%(dataset_id)s, %(position)s, %(title)s, %(description)s, %(access_url)s, %(download_url)s, %(format)s,
        %(media_type)s, %(licence)s, %(attribution)s, %(rights)s, %(conforms_to)s, %(service_uuid)s, %(made_by)s, now(),
        'STABLE', 'COMPLETED');

-- name: offer_beside_csv
-- Offers the values of time series in one more form, under the same terms as their CSV; of all datasets, or one
INSERT INTO catalogue.distribution
    (dataset_id, position, title, description, access_url, download_url, format, media_type, licence, attribution, rights,
     made_by, issued, availability, status)
SELECT c.dataset_id, (SELECT max(m.position) + 1 FROM catalogue.distribution AS m WHERE m.dataset_id = c.dataset_id),
       %(title)s, %(description)s, u.url, u.url, %(format)s, %(media_type)s, c.licence, c.attribution, c.rights,
       c.made_by, now(), c.availability, c.status
FROM catalogue.distribution AS c
JOIN core.dataset AS d ON d.id = c.dataset_id
CROSS JOIN LATERAL (SELECT '/daten/' || d.key || '/werte.' || %(ending)s AS url) AS u
WHERE c.made_by = %(made_by)s AND c.access_url = '/daten/' || d.key || '/werte.csv'
  AND (%(dataset_id)s::bigint IS NULL OR c.dataset_id = %(dataset_id)s)
  AND NOT EXISTS (SELECT FROM catalogue.distribution AS h WHERE h.dataset_id = c.dataset_id AND h.access_url = u.url);

-- name: series_of
-- Lists the ids of a dataset's series; the condition of access follows
SELECT t.id FROM things.datastream AS t WHERE t.dataset_id = %s AND

-- name: forms_made_by
-- Lists the forms that a part of the catalogue made by itself
SELECT id, access_url FROM catalogue.distribution WHERE dataset_id = %(dataset_id)s AND made_by = %(made_by)s;
