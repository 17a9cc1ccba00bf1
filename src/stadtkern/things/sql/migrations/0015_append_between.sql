-- SPDX-License-Identifier: EUPL-1.2
-- The short way asks for each single row whether its place is taken, where that is not clear from its neighbours: of
-- clients that take turns, each one's rows lie between those of the others, and no two of them meet. States are locked
-- and changed in one go, and changed back for those datastreams that turn out to need the general way.

-- What states take over from their new rows. `done` names the datastreams for which that suffices, `late` those of them
-- that knew of something as late as the first of the rows. States are locked in the order of their datastreams, like
-- everybody does: the arrays come in that order, and what is joined to them by hash is read in the order of its key.
-- Who is watched is asked by NOT IN of each row as it comes: an anti join may tell what is left in the order of its table.
CREATE FUNCTION things.extend_states(
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

-- Add to the counts of features that are known to their datastreams; returns the datastreams with one that is not.
CREATE FUNCTION things.count_known_features(count_streams bigint[], count_features bigint[], count_n bigint[])
RETURNS bigint[] LANGUAGE plpgsql
SET enable_nestloop = off SET enable_mergejoin = off SET enable_seqscan = off SET enable_bitmapscan = off AS $$
DECLARE
    streams bigint[];
    features bigint[];
BEGIN
    WITH counted AS (
        UPDATE things.datastream_feature AS k SET n = k.n + c.n
        FROM unnest(count_streams, count_features, count_n) AS c (stream, feature, n)
        WHERE k.datastream_id = c.stream AND k.feature_id = c.feature AND k.n > 0
          AND k.datastream_id = ANY (count_streams) AND k.feature_id = ANY (count_features)
        RETURNING c.stream, c.feature
    )
    SELECT coalesce(array_agg(stream), '{}'), array_agg(feature) INTO streams, features FROM counted;
    IF cardinality(streams) = cardinality(count_streams) THEN
        RETURN NULL;
    END IF;
    RETURN ARRAY(SELECT DISTINCT stream FROM (
        SELECT stream, feature FROM unnest(count_streams, count_features) AS p (stream, feature)
        EXCEPT SELECT stream, feature FROM unnest(streams, features) AS c (stream, feature)) AS missing);
END $$;

-- Which of the datastreams have something where one of these rows lies. The arrays with `run_` name stretches of rows
-- that follow each other closely; they come where datastreams have many rows each, and spare a look for each row.
CREATE FUNCTION things.taken_places(
    leaf regclass, late bigint[], streams bigint[], times timestamptz[], run_streams bigint[],
    run_first timestamptz[], run_last timestamptz[]
) RETURNS bigint[] LANGUAGE plpgsql AS $$
DECLARE
    taken bigint[] := late;
BEGIN
    IF run_streams IS NOT NULL THEN
        EXECUTE format('SELECT array_agg(DISTINCT l.id) FROM unnest($1) AS l (id) '
                       'JOIN unnest($2, $3, $4) AS run (stream, first, last) ON run.stream = l.id '
                       'WHERE (SELECT o.id FROM %s AS o WHERE o.datastream_id = run.stream '
                       'AND o.phenomenon_time BETWEEN run.first AND run.last '
                       'ORDER BY o.datastream_id, o.phenomenon_time LIMIT 1) IS NOT NULL', leaf)
        INTO taken USING late, run_streams, run_first, run_last;
    END IF;
    IF taken IS NOT NULL THEN
        EXECUTE format('SELECT array_agg(DISTINCT t.id) FROM unnest($1) AS t (id) '
                       'JOIN unnest($2, $3) AS row (stream, at) ON row.stream = t.id '
                       'WHERE (SELECT o.id FROM %s AS o WHERE o.datastream_id = row.stream '
                       'AND o.phenomenon_time = row.at '
                       'ORDER BY o.datastream_id, o.phenomenon_time LIMIT 1) IS NOT NULL', leaf)
        INTO taken USING taken, streams, times;
    END IF;
    RETURN taken;
END $$;

ALTER TABLE core.outbox ALTER payload SET STORAGE external;

CREATE OR REPLACE FUNCTION things.append_readings(
    leaf regclass, streams bigint[], times timestamptz[], micros bigint[], ids bigint[], results float8[],
    features bigint[], of_streams bigint[], of_n bigint[], of_first timestamptz[], of_last timestamptz[],
    of_ids bigint[], of_results float8[], run_streams bigint[], run_first timestamptz[], run_last timestamptz[],
    mark_streams bigint[], mark_start timestamptz[], mark_until timestamptz[], pair_streams bigint[],
    pair_features bigint[], pair_n bigint[]
) RETURNS bigint[] LANGUAGE plpgsql AS $$
DECLARE
    asked CONSTANT bigint[] := of_streams;
    fitting bigint[];
    late bigint[];
    misfits bigint[];
    count_streams bigint[];
    count_features bigint[];
    count_n bigint[];
    others bigint[] := '{}';
    topic CONSTANT text := 'things.observations';
BEGIN
    LOOP
        BEGIN
            SELECT e.done, e.late INTO fitting, late
            FROM things.extend_states(of_streams, of_n, of_first, of_last, of_ids, of_results) AS e;

            -- What is not later than all that is known may still lie where nothing is: nothing there could meet it.
            IF late IS NOT NULL THEN
                misfits := things.taken_places(leaf, late, streams, times, run_streams, run_first, run_last);
                IF misfits IS NOT NULL THEN
                    RAISE SQLSTATE 'SK001';
                END IF;
            END IF;

            IF pair_streams IS NOT NULL THEN
                PERFORM pg_advisory_xact_lock_shared(1398033742);
                count_streams := pair_streams;
                count_features := pair_features;
                count_n := pair_n;
                IF cardinality(fitting) < cardinality(asked) THEN
                    SELECT coalesce(array_agg(p.stream), '{}'), array_agg(p.feature), array_agg(p.n)
                    INTO count_streams, count_features, count_n
                    FROM unnest(pair_streams, pair_features, pair_n) AS p (stream, feature, n)
                    JOIN unnest(fitting) AS f (id) ON f.id = p.stream;
                END IF;
                -- Those with a feature that is new to them go the general way, and are counted there.
                misfits := things.count_known_features(count_streams, count_features, count_n);
                IF misfits IS NOT NULL THEN
                    RAISE SQLSTATE 'SK001';
                END IF;
            END IF;
            EXIT;
        EXCEPTION WHEN SQLSTATE 'SK001' THEN
            -- Nothing of this try remains but the knowledge of who does not fit.
            SELECT coalesce(array_agg(o.stream), '{}'), array_agg(o.n), array_agg(o.first), array_agg(o.last),
                   array_agg(o.id), array_agg(o.result)
            INTO of_streams, of_n, of_first, of_last, of_ids, of_results
            FROM (
                SELECT o.* FROM unnest(of_streams, of_n, of_first, of_last, of_ids, of_results)
                    AS o (stream, n, first, last, id, result)
                LEFT JOIN unnest(misfits) AS m (id) ON m.id = o.stream
                WHERE m.id IS NULL ORDER BY o.stream) AS o;
        END;
    END LOOP;

    IF cardinality(fitting) < cardinality(asked) THEN
        SELECT array_agg(o.id) INTO others
        FROM (SELECT id FROM unnest(asked) AS o (id) EXCEPT SELECT id FROM unnest(fitting) AS f (id)) AS o;
        SELECT array_agg(row.stream), array_agg(row.at), array_agg(row.id), array_agg(row.result),
               CASE WHEN micros IS NOT NULL THEN array_agg(row.micro) END,
               CASE WHEN features IS NOT NULL THEN array_agg(row.feature) END
        INTO streams, times, ids, results, micros, features
        FROM unnest(streams, times, micros, ids, results, features) AS row (stream, at, micro, id, result, feature)
        JOIN unnest(fitting) AS f (id) ON f.id = row.stream;
        IF streams IS NULL THEN
            RETURN others;
        END IF;
        SELECT array_agg(m.stream), array_agg(m.start), array_agg(m.until)
        INTO mark_streams, mark_start, mark_until
        FROM unnest(mark_streams, mark_start, mark_until) AS m (stream, start, until)
        JOIN unnest(fitting) AS f (id) ON f.id = m.stream;
    END IF;

    EXECUTE format('INSERT INTO %s (datastream_id, phenomenon_time, id, result, feature_id) '
                   'SELECT * FROM unnest($1, $2, $3, $4, $5)', leaf)
    USING streams, times, ids, results, features;

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
