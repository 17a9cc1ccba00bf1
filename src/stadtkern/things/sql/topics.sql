-- SPDX-License-Identifier: EUPL-1.2

-- name: newest_observations
-- Finds the newest observation of each of some datastreams
SELECT last_id, datastream_id, last_time FROM things.datastream_state WHERE datastream_id = ANY (%(ids)s) AND last_id IS NOT NULL
ORDER BY datastream_id;
