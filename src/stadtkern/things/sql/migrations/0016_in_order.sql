-- SPDX-License-Identifier: EUPL-1.2
-- States were not always locked in the order of their datastreams: who is watched was left out by an anti join, which
-- may tell what is left in the order of its hash table, and writers then stood across each other's way. NOT IN is asked
-- of each row as it comes.

CREATE OR REPLACE FUNCTION things.extend_states(
    of_streams bigint[], of_n bigint[], of_first timestamptz[], of_last timestamptz[], of_ids bigint[],
    of_results float8[], OUT done bigint[], OUT late bigint[]
) LANGUAGE plpgsql
SET enable_nestloop = off SET enable_mergejoin = off SET enable_seqscan = off SET enable_bitmapscan = off AS $$
BEGIN
    WITH extended AS (
        UPDATE things.datastream_state AS s
        SET n = s.n + o.n, first_time = least(s.first_time, o.first), end_time = greatest(s.end_time, o.last),
            last_time = greatest(s.last_time, o.last),
            last_end = CASE WHEN s.last_time > o.last THEN s.last_end END,
            last_id = CASE WHEN s.last_time > o.last THEN s.last_id ELSE o.id END,
            last_slot = CASE WHEN s.last_time > o.last THEN s.last_slot ELSE 0 END,
            last_result = CASE WHEN s.last_time > o.last THEN s.last_result ELSE o.result END,
            last_result_json = CASE WHEN s.last_time > o.last THEN s.last_result_json END
        FROM unnest(of_streams, of_n, of_first, of_last, of_ids, of_results) AS o (stream, n, first, last, id, result)
        JOIN things.datastream AS d ON d.id = o.stream AND d.id = ANY (of_streams)
        WHERE s.datastream_id = o.stream AND s.datastream_id = ANY (of_streams) AND d.kind <> 'state'
          AND (s.sealed_until IS NULL OR s.sealed_until <= o.first)
          AND s.datastream_id NOT IN (SELECT w.datastream_id FROM things.watch AS w WHERE w.datastream_id = ANY (of_streams))
        RETURNING o.stream, old.last_time >= o.first AS late
    )
    SELECT coalesce(array_agg(e.stream), '{}'), array_agg(e.stream) FILTER (WHERE e.late)
    INTO done, late FROM extended AS e;
END $$;
