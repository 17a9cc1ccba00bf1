-- SPDX-License-Identifier: EUPL-1.2
-- The short way once more: what follows from the rows of each datastream comes counted, so that a commit of a few rows
-- for each of many datastreams costs little more than the rows. The arrays with `of_` have an entry per datastream,
-- those with `mark_` per hour, those with `pair_` per datastream and feature; `micros` only comes with few rows.
DROP FUNCTION things.append_readings(regclass, bigint[], timestamptz[], bigint[], bigint[], float8[], bigint[]);

-- What is counted changes with every commit: room in the same page spares the indexes.
ALTER TABLE things.datastream_feature SET (fillfactor = 50, autovacuum_vacuum_scale_factor = 0.1,
                                           autovacuum_vacuum_threshold = 2000);

CREATE FUNCTION things.append_readings(
    leaf regclass, streams bigint[], times timestamptz[], micros bigint[], ids bigint[], results float8[],
    features bigint[], of_streams bigint[], of_n bigint[], of_first timestamptz[], of_last timestamptz[],
    of_ids bigint[], of_results float8[], mark_streams bigint[], mark_hours timestamptz[], pair_streams bigint[],
    pair_features bigint[], pair_n bigint[]
) RETURNS bigint[] LANGUAGE plpgsql AS $$
DECLARE
    fitting bigint[];
    others bigint[] := '{}';
    strange bigint[];
    topic CONSTANT text := 'things.observations';
BEGIN
    SELECT coalesce(array_agg(held.id), '{}') INTO fitting FROM (
        SELECT s.datastream_id AS id, s.last_time IS NULL OR s.last_time < f.first AS later,
               s.sealed_until IS NULL OR s.sealed_until <= f.first AS open, d.kind <> 'state' AS measured,
               NOT EXISTS (SELECT FROM things.watch AS w WHERE w.datastream_id = s.datastream_id) AS unwatched
        FROM unnest(of_streams, of_first) AS f (stream, first)
        JOIN things.datastream_state AS s ON s.datastream_id = f.stream
        JOIN things.datastream AS d ON d.id = s.datastream_id
        ORDER BY s.datastream_id
        FOR NO KEY UPDATE OF s) AS held
    WHERE held.later AND held.open AND held.measured AND held.unwatched;

    IF pair_streams IS NOT NULL THEN
        PERFORM pg_advisory_xact_lock_shared(1398033742);
        IF cardinality(fitting) < cardinality(of_streams) THEN
            SELECT array_agg(p.stream), array_agg(p.feature), array_agg(p.n)
            INTO pair_streams, pair_features, pair_n
            FROM unnest(pair_streams, pair_features, pair_n) AS p (stream, feature, n)
            JOIN unnest(fitting) AS f (id) ON f.id = p.stream;
        END IF;
        WITH counted AS (
            UPDATE things.datastream_feature AS k SET n = k.n + c.n
            FROM unnest(pair_streams, pair_features, pair_n) AS c (stream, feature, n)
            WHERE k.datastream_id = c.stream AND k.feature_id = c.feature AND k.n > 0
            RETURNING c.stream, c.feature
        )
        SELECT array_agg(DISTINCT stream) INTO strange FROM (
            SELECT stream, feature FROM unnest(pair_streams, pair_features) AS p (stream, feature)
            EXCEPT SELECT stream, feature FROM counted) AS missing;
        IF strange IS NOT NULL THEN
            -- Of those with a feature that is new to them, what was counted is taken back.
            UPDATE things.datastream_feature AS k SET n = k.n - c.n
            FROM unnest(pair_streams, pair_features, pair_n) AS c (stream, feature, n)
            JOIN unnest(strange) AS s (id) ON s.id = c.stream
            WHERE k.datastream_id = c.stream AND k.feature_id = c.feature AND k.n > c.n;
            SELECT coalesce(array_agg(f.id), '{}') INTO fitting
            FROM (SELECT id FROM unnest(fitting) AS f (id) EXCEPT SELECT id FROM unnest(strange) AS s (id)) AS f;
        END IF;
    END IF;

    IF cardinality(fitting) < cardinality(of_streams) THEN
        SELECT array_agg(o.id) INTO others
        FROM (SELECT id FROM unnest(of_streams) AS o (id) EXCEPT SELECT id FROM unnest(fitting) AS f (id)) AS o;
        SELECT array_agg(row.stream), array_agg(row.at), array_agg(row.id), array_agg(row.result),
               CASE WHEN micros IS NOT NULL THEN array_agg(row.micro) END,
               CASE WHEN features IS NOT NULL THEN array_agg(row.feature) END
        INTO streams, times, ids, results, micros, features
        FROM unnest(streams, times, micros, ids, results, features) AS row (stream, at, micro, id, result, feature)
        JOIN unnest(fitting) AS f (id) ON f.id = row.stream;
        IF streams IS NULL THEN
            RETURN others;
        END IF;
        SELECT array_agg(o.stream), array_agg(o.n), array_agg(o.first), array_agg(o.last), array_agg(o.id),
               array_agg(o.result)
        INTO of_streams, of_n, of_first, of_last, of_ids, of_results
        FROM unnest(of_streams, of_n, of_first, of_last, of_ids, of_results) AS o (stream, n, first, last, id, result)
        JOIN unnest(fitting) AS f (id) ON f.id = o.stream;
        SELECT array_agg(m.stream), array_agg(m.hour) INTO mark_streams, mark_hours
        FROM unnest(mark_streams, mark_hours) AS m (stream, hour) JOIN unnest(fitting) AS f (id) ON f.id = m.stream;
    END IF;

    EXECUTE format('INSERT INTO %s (datastream_id, phenomenon_time, id, result, feature_id) '
                   'SELECT * FROM unnest($1, $2, $3, $4, $5)', leaf)
    USING streams, times, ids, results, features;

    UPDATE things.datastream_state AS s
    SET n = s.n + d.n, first_time = coalesce(s.first_time, d.first), end_time = greatest(s.end_time, d.last),
        last_time = d.last, last_end = NULL, last_id = d.id, last_slot = 0, last_result = d.result,
        last_result_json = NULL
    FROM unnest(of_streams, of_n, of_first, of_last, of_ids, of_results) AS d (stream, n, first, last, id, result)
    WHERE s.datastream_id = d.stream;

    INSERT INTO things.rollup_dirty (datastream_id, start, until, appended)
    SELECT stream, hour, hour + interval '1 hour', true FROM unnest(mark_streams, mark_hours) AS m (stream, hour);

    -- Of many rows only the datastreams are named, of many datastreams the first thousand: whoever follows looks.
    INSERT INTO core.outbox (topic, payload) VALUES (topic, jsonb_build_object(
        'datastreams', to_jsonb(fitting[:1000]), 'rows', cardinality(ids))
        || CASE WHEN micros IS NOT NULL THEN jsonb_build_object(
            'ids', to_jsonb(ids), 'streams', to_jsonb(streams), 'times', to_jsonb(micros)) ELSE '{}' END);
    RETURN others;
END $$;
