-- SPDX-License-Identifier: EUPL-1.2
-- name: latest_values
-- Newest value, count and span of each of the given datastreams that has observations.
SELECT datastream_id, last_time, last_end, last_result, last_result_json, n, first_time, result_time_first, result_time_last
FROM things.datastream_state
WHERE datastream_id = ANY (%(ids)s) AND n > 0;
