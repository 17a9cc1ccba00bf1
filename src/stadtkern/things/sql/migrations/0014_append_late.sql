-- SPDX-License-Identifier: EUPL-1.2
-- The short way also takes rows that are not later than all that is known of their datastream, where they lie between
-- the others: clients that send beside each other overtake each other. The arrays with `run_` name stretches of rows
-- that follow each other closely; without them the rows of each datastream are one stretch.
DROP FUNCTION things.append_readings(
    regclass, bigint[], timestamptz[], bigint[], bigint[], float8[], bigint[], bigint[], bigint[], timestamptz[],
    timestamptz[], bigint[], float8[], bigint[], timestamptz[], bigint[], bigint[], bigint[]);

CREATE FUNCTION things.append_readings(
    leaf regclass, streams bigint[], times timestamptz[], micros bigint[], ids bigint[], results float8[],
    features bigint[], of_streams bigint[], of_n bigint[], of_first timestamptz[], of_last timestamptz[],
    of_ids bigint[], of_results float8[], run_streams bigint[], run_first timestamptz[], run_last timestamptz[],
    mark_streams bigint[], mark_start timestamptz[], mark_until timestamptz[], pair_streams bigint[],
    pair_features bigint[], pair_n bigint[]
) RETURNS bigint[] LANGUAGE plpgsql AS $$
DECLARE
    fitting bigint[];
    late bigint[];
    taken bigint[];
    others bigint[] := '{}';
    strange bigint[];
    topic CONSTANT text := 'things.observations';
BEGIN
    SELECT coalesce(array_agg(held.id) FILTER (WHERE held.later), '{}'),
           array_agg(held.id) FILTER (WHERE NOT held.later)
    INTO fitting, late FROM (
        SELECT s.datastream_id AS id, s.last_time IS NULL OR s.last_time < f.first AS later,
               s.sealed_until IS NULL OR s.sealed_until <= f.first AS open, d.kind <> 'state' AS measured,
               NOT EXISTS (SELECT FROM things.watch AS w WHERE w.datastream_id = s.datastream_id) AS unwatched
        FROM unnest(of_streams, of_first) AS f (stream, first)
        JOIN things.datastream_state AS s ON s.datastream_id = f.stream
        JOIN things.datastream AS d ON d.id = s.datastream_id
        ORDER BY s.datastream_id
        FOR NO KEY UPDATE OF s) AS held
    WHERE held.open AND held.measured AND held.unwatched;

    -- What is not later than all that is known may still lie where nothing is: then there is nothing it could meet.
    IF late IS NOT NULL THEN
        EXECUTE format('SELECT array_agg(DISTINCT l.id) FROM unnest($1) AS l (id) '
                       'JOIN unnest($2, $3, $4) AS run (stream, first, last) ON run.stream = l.id '
                       'WHERE (SELECT o.id FROM %s AS o WHERE o.datastream_id = run.stream '
                       'AND o.phenomenon_time BETWEEN run.first AND run.last '
                       'ORDER BY o.datastream_id, o.phenomenon_time LIMIT 1) IS NOT NULL', leaf)
        INTO taken
        USING late, coalesce(run_streams, of_streams), coalesce(run_first, of_first), coalesce(run_last, of_last);
        IF taken IS NOT NULL THEN
            late := ARRAY(SELECT id FROM unnest(late) AS l (id) EXCEPT SELECT id FROM unnest(taken) AS t (id));
        END IF;
        fitting := fitting || late;
    END IF;

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
        SELECT array_agg(m.stream), array_agg(m.start), array_agg(m.until)
        INTO mark_streams, mark_start, mark_until
        FROM unnest(mark_streams, mark_start, mark_until) AS m (stream, start, until)
        JOIN unnest(fitting) AS f (id) ON f.id = m.stream;
    END IF;

    EXECUTE format('INSERT INTO %s (datastream_id, phenomenon_time, id, result, feature_id) '
                   'SELECT * FROM unnest($1, $2, $3, $4, $5)', leaf)
    USING streams, times, ids, results, features;

    UPDATE things.datastream_state AS s
    SET n = s.n + d.n, first_time = least(s.first_time, d.first), end_time = greatest(s.end_time, d.last),
        last_time = greatest(s.last_time, d.last),
        last_end = CASE WHEN s.last_time > d.last THEN s.last_end END,
        last_id = CASE WHEN s.last_time > d.last THEN s.last_id ELSE d.id END,
        last_slot = CASE WHEN s.last_time > d.last THEN s.last_slot ELSE 0 END,
        last_result = CASE WHEN s.last_time > d.last THEN s.last_result ELSE d.result END,
        last_result_json = CASE WHEN s.last_time > d.last THEN s.last_result_json END
    FROM unnest(of_streams, of_n, of_first, of_last, of_ids, of_results) AS d (stream, n, first, last, id, result)
    WHERE s.datastream_id = d.stream;

    INSERT INTO things.rollup_dirty (datastream_id, start, until, appended)
    SELECT m.stream, m.start, m.until, l.id IS NULL
    FROM unnest(mark_streams, mark_start, mark_until) AS m (stream, start, until)
    LEFT JOIN unnest(late) AS l (id) ON l.id = m.stream;

    -- Of many rows only the datastreams are named, of many datastreams the first thousand: whoever follows looks.
    INSERT INTO core.outbox (topic, payload) VALUES (topic, jsonb_build_object(
        'datastreams', to_jsonb(fitting[:1000]), 'rows', cardinality(ids))
        || CASE WHEN micros IS NOT NULL THEN jsonb_build_object(
            'ids', to_jsonb(ids), 'streams', to_jsonb(streams), 'times', to_jsonb(micros)) ELSE '{}' END);
    RETURN others;
END $$;
