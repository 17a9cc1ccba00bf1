-- SPDX-License-Identifier: EUPL-1.2
-- The same short way for thousands of rows: every step is one set, none looks at each row for each datastream.
CREATE OR REPLACE FUNCTION things.append_readings(
    leaf regclass, streams bigint[], times timestamptz[], micros bigint[], ids bigint[], results float8[],
    features bigint[]
) RETURNS bigint[] LANGUAGE plpgsql AS $$
DECLARE
    fitting bigint[];
    others bigint[];
    topic CONSTANT text := 'things.observations';
BEGIN
    SELECT coalesce(array_agg(held.id), '{}') INTO fitting FROM (
        SELECT s.datastream_id AS id, s.last_time IS NULL OR s.last_time < f.first AS later,
               s.sealed_until IS NULL OR s.sealed_until <= f.first AS open, d.kind <> 'state' AS measured,
               NOT EXISTS (SELECT FROM things.watch AS w WHERE w.datastream_id = s.datastream_id) AS unwatched
        FROM (SELECT stream, min(at) AS first FROM unnest(streams, times) AS row (stream, at) GROUP BY stream) AS f
        JOIN things.datastream_state AS s ON s.datastream_id = f.stream
        JOIN things.datastream AS d ON d.id = s.datastream_id
        ORDER BY s.datastream_id
        FOR NO KEY UPDATE OF s) AS held
    WHERE held.later AND held.open AND held.measured AND held.unwatched;

    IF features IS NOT NULL THEN
        PERFORM pg_advisory_xact_lock_shared(1398033742);
        SELECT coalesce(array_agg(kept.id), '{}') INTO fitting FROM (
            SELECT id FROM unnest(fitting) AS f (id)
            EXCEPT
            SELECT pair.stream
            FROM (SELECT DISTINCT stream, feature FROM unnest(streams, features) AS row (stream, feature)) AS pair
            LEFT JOIN things.datastream_feature AS k ON k.datastream_id = pair.stream AND k.feature_id = pair.feature
            WHERE pair.feature IS NOT NULL AND (k.n > 0) IS NOT TRUE) AS kept (id);
    END IF;

    IF cardinality(fitting) < (SELECT count(DISTINCT stream) FROM unnest(streams) AS row (stream)) THEN
        SELECT array_agg(stream) INTO others
        FROM (SELECT stream FROM unnest(streams) AS row (stream) EXCEPT SELECT id FROM unnest(fitting) AS f (id)) AS left_;
        SELECT array_agg(row.stream), array_agg(row.at), array_agg(row.micro), array_agg(row.id), array_agg(row.result),
               CASE WHEN features IS NOT NULL THEN array_agg(row.feature) END
        INTO streams, times, micros, ids, results, features
        FROM unnest(streams, times, micros, ids, results, features) AS row (stream, at, micro, id, result, feature)
        JOIN unnest(fitting) AS f (id) ON f.id = row.stream;
        IF streams IS NULL THEN
            RETURN others;
        END IF;
    END IF;

    EXECUTE format('INSERT INTO %s (datastream_id, phenomenon_time, id, result, feature_id) '
                   'SELECT * FROM unnest($1, $2, $3, $4, $5)', leaf)
    USING streams, times, ids, results, features;

    UPDATE things.datastream_state AS s
    SET n = s.n + d.n, first_time = coalesce(s.first_time, d.first_time), end_time = greatest(s.end_time, d.last_time),
        last_time = d.last_time, last_end = NULL, last_id = newest.id, last_slot = 0, last_result = newest.result,
        last_result_json = NULL
    FROM (SELECT stream, count(*) AS n, min(at) AS first_time, max(at) AS last_time
          FROM unnest(streams, times) AS row (stream, at) GROUP BY stream) AS d
    JOIN unnest(streams, times, ids, results) AS newest (stream, at, id, result)
      ON newest.stream = d.stream AND newest.at = d.last_time
    WHERE s.datastream_id = d.stream;

    INSERT INTO things.rollup_dirty (datastream_id, start, until, appended)
    SELECT stream, hour, hour + interval '1 hour', true
    FROM (SELECT DISTINCT stream, date_bin('1 hour', at, 'epoch') AS hour FROM unnest(streams, times) AS row (stream, at))
        AS touched;

    IF features IS NOT NULL THEN
        UPDATE things.datastream_feature AS k SET n = k.n + c.n
        FROM (SELECT stream, feature, count(*) AS n FROM unnest(streams, features) AS row (stream, feature)
              WHERE feature IS NOT NULL GROUP BY stream, feature ORDER BY stream, feature) AS c
        WHERE k.datastream_id = c.stream AND k.feature_id = c.feature;
    END IF;

    -- Of many rows only the datastreams are named, of many datastreams the first thousand: whoever follows looks.
    INSERT INTO core.outbox (topic, payload) VALUES (topic, jsonb_build_object(
        'datastreams', to_jsonb(fitting[:1000]), 'rows', cardinality(ids))
        || CASE WHEN cardinality(ids) <= 1000 THEN jsonb_build_object(
            'ids', to_jsonb(ids), 'streams', to_jsonb(streams), 'times', to_jsonb(micros)) ELSE '{}' END);
    RETURN coalesce(others, '{}');
END $$;
