-- SPDX-License-Identifier: EUPL-1.2

-- name: anybody_follows
-- Whether there is anything to look after
SELECT EXISTS (SELECT FROM identity.follow), EXISTS (SELECT FROM identity.push WHERE not_before <= now());

-- name: streams_passed
-- Series whose newest value has passed what somebody waits for, or has come back; the conditions of access follow
SELECT f.id, f.browser_id, b.language, f.bound, f.above, NOT f.met AS met, s.last_result, d.id, d.name, t.name,
       coalesce(d.unit ->> 'symbol', ''), f.told_at
FROM identity.follow AS f
JOIN identity.browser AS b ON b.id = f.browser_id
JOIN things.datastream AS d ON d.id = f.target
JOIN things.thing AS t ON t.id = d.thing_id
JOIN things.datastream_state AS s ON s.datastream_id = d.id
WHERE f.kind = 'stream' AND s.last_result IS NOT NULL
  AND f.met <> (CASE WHEN f.above THEN s.last_result > f.bound ELSE s.last_result < f.bound END) AND;

-- name: things_turned
-- Things that have fallen silent, or speak again; after how long depends on how often they spoke
SELECT f.id, f.browser_id, b.language, NOT f.met AS met, t.id, t.name, x.newest, f.told_at
FROM identity.follow AS f
JOIN identity.browser AS b ON b.id = f.browser_id
JOIN things.thing AS t ON t.id = f.target
CROSS JOIN LATERAL (
    SELECT max(coalesce(s.last_end, s.last_time)) AS newest, min(CASE
        WHEN y.seconds IS NULL THEN 10800
        WHEN y.seconds < 10800 THEN least(greatest(3 * y.seconds, 600), 10800)
        ELSE 3 * y.seconds END) AS patience
    FROM things.datastream AS d
    JOIN things.datastream_state AS s ON s.datastream_id = d.id
    CROSS JOIN LATERAL (SELECT CASE
        WHEN d.properties ->> 'interval_seconds' ~ '^[0-9]{1,9}$' THEN (d.properties ->> 'interval_seconds')::float8
        WHEN s.n > 2 THEN extract(epoch FROM s.last_time - s.first_time)::float8 / (s.n - 1) END AS seconds) AS y
    WHERE d.thing_id = t.id AND /* conditions */
) AS x
WHERE f.kind = 'thing' AND x.newest IS NOT NULL
  AND f.met <> (x.newest < %s - make_interval(secs => x.patience)) AND;

-- name: datasets_moved
-- Datasets that somebody follows and that are changed since they were told; at most once a day
SELECT f.id, f.browser_id, b.language, d.key, c.title
FROM identity.follow AS f
JOIN identity.browser AS b ON b.id = f.browser_id
JOIN core.dataset AS d ON d.id = f.target
JOIN catalogue.dataset AS c ON c.dataset_id = d.id
WHERE f.kind = 'dataset'
  AND greatest(c.changed_at, c.issued, CASE WHEN c.kind <> 'series' THEN c.modified END) > coalesce(f.told_at, f.followed_at)
  AND (f.told_at IS NULL OR f.told_at < %s - interval '20 hours') AND;

-- name: drop_what_is_hidden
-- Messages that wait and are about something that not everybody sees any more; the conditions of access stand at each table
DELETE FROM identity.push AS p
USING identity.follow AS f
WHERE p.browser_id = f.browser_id AND p.topic = 'follow-' || f.id AND NOT CASE f.kind
    WHEN 'stream' THEN EXISTS (
        SELECT FROM things.datastream AS d JOIN things.thing AS t ON t.id = d.thing_id
        WHERE d.id = f.target AND /* conditions */ AND /* conditions */)
    WHEN 'thing' THEN EXISTS (SELECT FROM things.thing AS t WHERE t.id = f.target AND /* conditions */)
    ELSE EXISTS (SELECT FROM core.dataset AS d WHERE d.id = f.target AND /* conditions */) END;

-- name: follow_told
-- Notes how something stands, and when somebody was told of it
UPDATE identity.follow SET met = %(met)s, told_at = coalesce(%(told_at)s, told_at) WHERE id = %(id)s;

-- name: forget_what_is_gone
-- What is followed and is not there any more
DELETE FROM identity.follow AS f
WHERE NOT CASE f.kind
    WHEN 'stream' THEN EXISTS (SELECT FROM things.datastream AS d WHERE d.id = f.target)
    WHEN 'thing' THEN EXISTS (SELECT FROM things.thing AS t WHERE t.id = f.target)
    ELSE EXISTS (SELECT FROM core.dataset AS c WHERE c.id = f.target) END;

-- name: follows_of
-- What a browser follows, oldest first; the conditions of access stand at each table
SELECT f.id, f.kind, f.bound, f.above, d.id, d.name, dt.name, coalesce(d.unit ->> 'symbol', ''), t.id, t.name, c.key, k.title
FROM identity.follow AS f
LEFT JOIN things.datastream AS d ON f.kind = 'stream' AND d.id = f.target AND /* conditions */
LEFT JOIN things.thing AS dt ON dt.id = d.thing_id AND /* conditions */
LEFT JOIN things.thing AS t ON f.kind = 'thing' AND t.id = f.target AND /* conditions */
LEFT JOIN core.dataset AS c ON f.kind = 'dataset' AND c.id = f.target AND /* conditions */
LEFT JOIN catalogue.dataset AS k ON k.dataset_id = c.id AND /* conditions */
WHERE f.browser_id = %s
ORDER BY f.id;
