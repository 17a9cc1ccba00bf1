-- SPDX-License-Identifier: EUPL-1.2
-- Nearly all observations of a datastream are about one feature. How many came in lately is counted in its state, which
-- changes with each of them anyway: one row less to write for each datastream and commit.

-- A datastream has few marks at a time; telling these apart by their start costs more than it spares.
DROP INDEX things.rollup_dirty_datastream;
CREATE INDEX rollup_dirty_datastream ON things.rollup_dirty (datastream_id);

-- `main_feature` is known to its datastream (datastream_feature), which does not know of the last `main_feature_n` of its
-- observations yet. Both change with the state locked; whoever takes observations away settles them before.
ALTER TABLE things.datastream_state ADD main_feature bigint, ADD main_feature_n bigint NOT NULL DEFAULT 0;

-- How many observations of each datastream are about which feature, with those that its state counts.
CREATE VIEW things.feature_count AS
SELECT k.datastream_id, k.feature_id,
       k.n + CASE WHEN s.main_feature = k.feature_id THEN s.main_feature_n ELSE 0 END AS n
FROM things.datastream_feature AS k LEFT JOIN things.datastream_state AS s ON s.datastream_id = k.datastream_id;

-- Move what states have counted to the features. The caller holds the states.
CREATE FUNCTION things.settle_features(ids bigint[]) RETURNS void LANGUAGE sql SET enable_seqscan = off AS $$
    WITH counted AS (
        UPDATE things.datastream_state SET main_feature = NULL, main_feature_n = 0
        WHERE datastream_id = ANY (ids) AND main_feature IS NOT NULL
        RETURNING datastream_id, old.main_feature, old.main_feature_n
    )
    UPDATE things.datastream_feature AS k SET n = k.n + c.main_feature_n FROM counted AS c
    WHERE k.datastream_id = c.datastream_id AND k.feature_id = c.main_feature AND c.main_feature_n <> 0
      AND k.datastream_id = ANY (ids)
$$;

DROP FUNCTION things.append_readings(
    regclass, bigint[], timestamptz[], bigint[], bigint[], float8[], bigint[], bigint[], bigint[], timestamptz[],
    timestamptz[], bigint[], float8[], bigint[], timestamptz[], timestamptz[], bigint[], timestamptz[], timestamptz[],
    bigint[], bigint[], bigint[]);

-- The arrays with `run_` name stretches of rows that follow each other closely. They come where rows were in the way a
-- moment ago: then all late datastreams are asked about before anything is stored in vain. `of_features` are those of
-- datastreams whose rows are about one feature and no other; the arrays with `pair_` count what is left. What a state
-- cannot count, since its main feature is another one or not known yet, joins these (`more`).
--
-- `fitting` names the datastreams for which this way suffices, `late` those of them that knew of something as late as the
-- first of their rows, `unsure` those of these that must be asked about beforehand. States are locked in the order of
-- their datastreams, like everybody does: the arrays come in that order, and what is joined to them by hash is read in the
-- order of its key. Who is aggregated otherwise or watched is asked by NOT IN of each row as it comes: an anti join may
-- tell what is left in the order of its table. A datastream's state is removed before it, so whoever has one is there.
CREATE FUNCTION things.append_readings(
    leaf regclass, streams bigint[], times timestamptz[], micros bigint[], ids bigint[], results float8[],
    features bigint[], of_streams bigint[], of_n bigint[], of_first timestamptz[], of_last timestamptz[],
    of_ids bigint[], of_results float8[], of_features bigint[], of_features_n bigint[], run_streams bigint[],
    run_first timestamptz[], run_last timestamptz[], mark_streams bigint[], mark_start timestamptz[],
    mark_until timestamptz[], pair_streams bigint[], pair_features bigint[], pair_n bigint[]
) RETURNS bigint[] LANGUAGE plpgsql
SET plan_cache_mode = force_generic_plan
SET enable_nestloop = off SET enable_mergejoin = off SET enable_seqscan = off SET enable_bitmapscan = off AS $$
DECLARE
    asked CONSTANT bigint[] := of_streams;
    fitting bigint[];
    late bigint[];
    unsure bigint[];
    more_streams bigint[];
    more_features bigint[];
    more_n bigint[];
    misfits bigint[];
    others bigint[] := '{}';
    topic CONSTANT text := 'things.observations';
BEGIN
    LOOP
        BEGIN
            WITH extended AS (
                UPDATE things.datastream_state AS s
                SET n = s.n + o.n, first_time = least(s.first_time, o.first), end_time = greatest(s.end_time, o.last),
                    last_time = greatest(s.last_time, o.last),
                    last_end = CASE WHEN s.last_time > o.last THEN s.last_end END,
                    last_id = CASE WHEN s.last_time > o.last THEN s.last_id ELSE o.id END,
                    last_slot = CASE WHEN s.last_time > o.last THEN s.last_slot ELSE 0 END,
                    last_result = CASE WHEN s.last_time > o.last THEN s.last_result ELSE o.result END,
                    last_result_json = CASE WHEN s.last_time > o.last THEN s.last_result_json END,
                    main_feature = coalesce(s.main_feature, o.feature),
                    main_feature_n = s.main_feature_n + CASE WHEN s.main_feature = o.feature THEN o.feature_n ELSE 0 END
                FROM unnest(of_streams, of_n, of_first, of_last, of_ids, of_results, of_features, of_features_n)
                    AS o (stream, n, first, last, id, result, feature, feature_n)
                WHERE s.datastream_id = o.stream AND s.datastream_id = ANY (of_streams)
                  AND (s.sealed_until IS NULL OR s.sealed_until <= o.first)
                  AND s.datastream_id NOT IN (
                      SELECT d.id FROM things.datastream AS d WHERE d.id = ANY (of_streams) AND d.kind = 'state')
                  AND s.datastream_id NOT IN (
                      SELECT w.datastream_id FROM things.watch AS w WHERE w.datastream_id = ANY (of_streams))
                RETURNING o.stream, old.last_time >= o.first AS late, s.crowded, o.feature, o.feature_n,
                          (old.main_feature = o.feature) IS NOT TRUE AND o.feature IS NOT NULL AS more
            )
            SELECT coalesce(array_agg(e.stream), '{}'), array_agg(e.stream) FILTER (WHERE e.late),
                   array_agg(e.stream) FILTER (WHERE e.late AND (e.crowded OR run_streams IS NOT NULL)),
                   array_agg(e.stream) FILTER (WHERE e.more), array_agg(e.feature) FILTER (WHERE e.more),
                   array_agg(e.feature_n) FILTER (WHERE e.more)
            INTO fitting, late, unsure, more_streams, more_features, more_n FROM extended AS e;

            -- What is not later than all that is known may still lie where nothing is: nothing there could meet it.
            IF unsure IS NOT NULL THEN
                misfits := things.taken_places(leaf, unsure, streams, times, run_streams, run_first, run_last);
                IF misfits IS NOT NULL THEN
                    RAISE SQLSTATE 'SK001';
                END IF;
            END IF;

            IF cardinality(fitting) < cardinality(asked) THEN
                -- Those who do not fit now stay away from all further tries, as their rows are dropped here.
                SELECT array_agg(row.stream), array_agg(row.at), array_agg(row.id), array_agg(row.result),
                       CASE WHEN micros IS NOT NULL THEN array_agg(row.micro) END,
                       CASE WHEN features IS NOT NULL THEN array_agg(row.feature) END
                INTO streams, times, ids, results, micros, features
                FROM unnest(streams, times, micros, ids, results, features) AS row (stream, at, micro, id, result, feature)
                JOIN unnest(fitting) AS f (id) ON f.id = row.stream;
                IF streams IS NULL THEN
                    RETURN asked;
                END IF;
                SELECT coalesce(array_agg(p.stream), '{}'), array_agg(p.feature), array_agg(p.n)
                INTO pair_streams, pair_features, pair_n
                FROM unnest(pair_streams, pair_features, pair_n) AS p (stream, feature, n)
                JOIN unnest(fitting) AS f (id) ON f.id = p.stream;
            END IF;

            IF cardinality(pair_streams) > 0 OR more_streams IS NOT NULL THEN
                PERFORM pg_advisory_xact_lock_shared(1398033742);
                -- Those with a feature that is new to them go the general way, and are counted there.
                misfits := things.count_known_features(
                    pair_streams || more_streams, pair_features || more_features, pair_n || more_n);
                IF misfits IS NOT NULL THEN
                    RAISE SQLSTATE 'SK001';
                END IF;
            END IF;

            INSERT INTO things.observation (datastream_id, phenomenon_time, id, result, feature_id)
            SELECT unnest(streams), unnest(times), unnest(ids), unnest(results), unnest(features);
            EXIT;
        EXCEPTION
            WHEN SQLSTATE 'SK001' OR unique_violation THEN
                -- Nothing of this try remains but the knowledge of who does not fit.
                IF SQLSTATE <> 'SK001' THEN
                    misfits := coalesce(
                        things.taken_places(leaf, fitting, streams, times, run_streams, run_first, run_last), fitting);
                END IF;
                SELECT coalesce(array_agg(o.stream), '{}'), array_agg(o.n), array_agg(o.first), array_agg(o.last),
                       array_agg(o.id), array_agg(o.result), array_agg(o.feature), array_agg(o.feature_n)
                INTO of_streams, of_n, of_first, of_last, of_ids, of_results, of_features, of_features_n
                FROM (
                    SELECT o.* FROM unnest(
                        of_streams, of_n, of_first, of_last, of_ids, of_results, of_features, of_features_n)
                        AS o (stream, n, first, last, id, result, feature, feature_n)
                    JOIN unnest(fitting) AS f (id) ON f.id = o.stream
                    LEFT JOIN unnest(misfits) AS m (id) ON m.id = o.stream
                    WHERE m.id IS NULL ORDER BY o.stream) AS o;
        END;
    END LOOP;

    IF cardinality(fitting) < cardinality(asked) THEN
        SELECT array_agg(o.id) INTO others
        FROM (SELECT id FROM unnest(asked) AS o (id) EXCEPT SELECT id FROM unnest(fitting) AS f (id)) AS o;
        SELECT array_agg(m.stream), array_agg(m.start), array_agg(m.until)
        INTO mark_streams, mark_start, mark_until
        FROM unnest(mark_streams, mark_start, mark_until) AS m (stream, start, until)
        JOIN unnest(fitting) AS f (id) ON f.id = m.stream;
    END IF;

    IF late IS NULL THEN
        INSERT INTO things.rollup_dirty (datastream_id, start, until, appended)
        SELECT unnest(mark_streams), unnest(mark_start), unnest(mark_until), true;
    ELSE
        INSERT INTO things.rollup_dirty (datastream_id, start, until, appended)
        SELECT m.stream, m.start, m.until, l.id IS NULL
        FROM unnest(mark_streams, mark_start, mark_until) AS m (stream, start, until)
        LEFT JOIN unnest(late) AS l (id) ON l.id = m.stream;
    END IF;

    -- Of many rows only the datastreams are named, of many datastreams the first thousand: whoever follows looks.
    INSERT INTO core.outbox (topic, payload) VALUES (
        topic,
        CASE WHEN micros IS NULL
             THEN json_build_object('datastreams', fitting[:1000], 'rows', cardinality(ids))
             ELSE json_build_object('datastreams', fitting[:1000], 'rows', cardinality(ids),
                                    'ids', ids, 'streams', streams, 'times', micros) END);
    RETURN others;
END $$;
