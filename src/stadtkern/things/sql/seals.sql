-- SPDX-License-Identifier: EUPL-1.2

-- name: closed_rows
-- Which of these rows lie where nothing may be written any more: gone for good, or in a file.
SELECT row.ord, row.time < s.gone AS gone
FROM unnest(%(ord)s::bigint[], %(datastream_id)s::bigint[], %(time)s::timestamptz[]) AS row (ord, datastream_id, time)
JOIN things.datastream AS d ON d.id = row.datastream_id
LEFT JOIN things.seal AS s ON s.dataset_id = d.dataset_id
LEFT JOIN things.archived AS a ON a.datastream_id = row.datastream_id AND a.month = things.month_of(row.time)
WHERE row.time < s.gone OR a.state <> 'open';

-- name: open_part
-- Let something change in a part that is in the table.
UPDATE things.archived SET state = 'open', used_at = now()
WHERE datastream_id = %(datastream_id)s AND month = things.month_of(%(time)s) AND state = 'here';

-- name: open_parts
-- Say that the file of these parts is outdated, or will be once it is written.
UPDATE things.archived SET state = 'open', used_at = now()
WHERE datastream_id = %(datastream_id)s AND month = ANY (%(months)s::date[]) AND state IN ('here', 'closing');

-- name: open_parts_before
-- The same for all that these datastreams have in the table of months that end before an instant.
UPDATE things.archived SET state = 'open', used_at = now()
WHERE datastream_id = ANY (%(ids)s) AND things.month_end(month) <= %(until)s AND state IN ('here', 'closing');

-- name: gone_before
-- Until when the observations of a datastream's dataset are gone for good.
SELECT s.gone FROM things.datastream AS d JOIN things.seal AS s ON s.dataset_id = d.dataset_id
WHERE d.id = %(datastream_id)s AND s.gone IS NOT NULL;

-- name: parts_of
-- What a datastream has in files.
SELECT month, state FROM things.archived
WHERE datastream_id = %(datastream_id)s AND month = ANY (%(months)s::date[]) AND state <> 'open' FOR SHARE;

-- name: closed_spans
-- Spans of these datastreams that have no observations in the table although there are or were some.
SELECT d.id, timestamptz '0001-01-01Z', s.cleared
FROM things.datastream AS d JOIN things.seal AS s ON s.dataset_id = d.dataset_id
WHERE d.id = ANY (%(ids)s) AND s.cleared IS NOT NULL
UNION ALL
SELECT datastream_id, things.month_start(month), things.month_end(month) FROM things.archived
WHERE datastream_id = ANY (%(ids)s) AND state = 'away';

-- name: seal_dataset
-- Say until when writers must look closer, and until when observations are gone for good.
INSERT INTO things.seal AS s (dataset_id, until, gone)
VALUES (%(dataset_id)s, %(until)s, %(gone)s)
ON CONFLICT (dataset_id) DO UPDATE
SET until = greatest(s.until, excluded.until), gone = greatest(s.gone, excluded.gone);

-- name: unsealed_states
-- Datastreams of a dataset whose writers have not been told yet.
SELECT d.id FROM things.datastream AS d JOIN things.datastream_state AS s ON s.datastream_id = d.id
WHERE d.dataset_id = %(dataset_id)s AND (s.sealed_until IS NULL OR s.sealed_until < %(until)s)
ORDER BY d.id LIMIT %(limit)s;

-- name: hold_states
-- Wait for the writers of these datastreams and keep them away, in the order in which they come.
SELECT datastream_id FROM things.datastream_state WHERE datastream_id = ANY (%(ids)s)
ORDER BY datastream_id FOR NO KEY UPDATE;

-- name: seal_states
-- Tell the writers of these datastreams.
UPDATE things.datastream_state SET sealed_until = greatest(sealed_until, %(until)s)
WHERE datastream_id = ANY (%(ids)s);

-- name: marks_within
-- Whether buckets of a dataset before an instant wait for the fold.
SELECT EXISTS (
    SELECT FROM (
        SELECT datastream_id FROM things.rollup_mark WHERE start < %(until)s AND until > %(from)s OFFSET 0) AS m
    WHERE (SELECT d.dataset_id FROM things.datastream AS d WHERE d.id = m.datastream_id) = %(dataset_id)s);
