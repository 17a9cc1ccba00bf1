-- SPDX-License-Identifier: EUPL-1.2
-- Where rows come in about as late as the newest one, the state says from when on they are not folded yet: it changes with
-- each of them anyway, while a mark is a row more to write for each datastream and commit, and another one to remove.

-- Of the observations from this hour up to the newest one some came in since the fold gathered what states say. Once this
-- is set, it changes only where an earlier hour comes, so that most changes of a state touch no index. `unfolded_late`: some
-- of them came in before one that was there.
ALTER TABLE things.datastream_state ADD unfolded_from timestamptz, ADD unfolded_late boolean NOT NULL DEFAULT false;
CREATE INDEX datastream_state_unfolded ON things.datastream_state (datastream_id) WHERE unfolded_from IS NOT NULL;

-- All hours that must be computed anew, whoever says so.
CREATE VIEW things.rollup_mark AS
SELECT datastream_id, start, until, appended FROM things.rollup_dirty
UNION ALL
SELECT datastream_id, unfolded_from, date_bin('1 hour', last_time, timestamptz 'epoch') + interval '1 hour', NOT unfolded_late
FROM things.datastream_state WHERE unfolded_from IS NOT NULL AND last_time >= unfolded_from;

-- Make marks of what so many states say, from the datastream behind `since` on; returns the last of them, or null where
-- that was all. Writers wait for that, in the order of their datastreams, so it fails where it would wait for one of them
-- for long; with `busy` it passes over states that are held.
CREATE FUNCTION things.gather_marks(since bigint, most bigint, busy boolean) RETURNS bigint LANGUAGE plpgsql
SET lock_timeout = '50ms' SET plan_cache_mode = force_generic_plan
SET enable_nestloop = off SET enable_mergejoin = off SET enable_seqscan = off SET enable_bitmapscan = off AS $$
DECLARE
    ids bigint[];
BEGIN
    IF busy THEN
        ids := ARRAY(
            SELECT s.datastream_id FROM things.datastream_state AS s
            WHERE s.unfolded_from IS NOT NULL AND s.datastream_id > since
            ORDER BY s.datastream_id LIMIT most FOR NO KEY UPDATE SKIP LOCKED);
    ELSE
        ids := ARRAY(
            SELECT s.datastream_id FROM things.datastream_state AS s
            WHERE s.unfolded_from IS NOT NULL AND s.datastream_id > since
            ORDER BY s.datastream_id LIMIT most FOR NO KEY UPDATE);
    END IF;
    WITH gathered AS (
        UPDATE things.datastream_state SET unfolded_from = NULL, unfolded_late = false WHERE datastream_id = ANY (ids)
        RETURNING datastream_id, old.unfolded_from AS start,
                  date_bin('1 hour', last_time, timestamptz 'epoch') + interval '1 hour' AS until,
                  NOT old.unfolded_late AS appended
    )
    INSERT INTO things.rollup_dirty (datastream_id, start, until, appended)
    SELECT datastream_id, start, until, appended FROM gathered WHERE start < until;
    RETURN CASE WHEN cardinality(ids) = most THEN ids[most] END;
END $$;

-- As before, but the hours of rows are left to the state, unless they lie more than three hours before its newest one and
-- it does not say so of these hours already (`apart`).
CREATE OR REPLACE FUNCTION things.append_readings(
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
    apart bigint[];
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
                    unfolded_from = CASE WHEN s.last_time >= o.first + interval '3 hours' THEN s.unfolded_from
                                         ELSE least(s.unfolded_from, date_bin('1 hour', o.first, timestamptz 'epoch')) END,
                    unfolded_late = s.unfolded_late OR (s.last_time >= o.first AND (
                        s.unfolded_from <= o.first OR s.last_time < o.first + interval '3 hours')) IS TRUE,
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
                -- Of what is returned, `s` is the state as it is now.
                RETURNING o.stream, old.last_time >= o.first AS late,
                          (s.unfolded_from <= o.first) IS NOT TRUE AS apart, s.crowded, o.feature, o.feature_n,
                          (old.main_feature = o.feature) IS NOT TRUE AND o.feature IS NOT NULL AS more
            )
            SELECT coalesce(array_agg(e.stream), '{}'), array_agg(e.stream) FILTER (WHERE e.late),
                   array_agg(e.stream) FILTER (WHERE e.apart),
                   array_agg(e.stream) FILTER (WHERE e.late AND (e.crowded OR run_streams IS NOT NULL)),
                   array_agg(e.stream) FILTER (WHERE e.more), array_agg(e.feature) FILTER (WHERE e.more),
                   array_agg(e.feature_n) FILTER (WHERE e.more)
            INTO fitting, late, apart, unsure, more_streams, more_features, more_n FROM extended AS e;

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
    END IF;

    IF apart IS NOT NULL THEN
        INSERT INTO things.rollup_dirty (datastream_id, start, until)
        SELECT m.stream, m.start, m.until FROM unnest(mark_streams, mark_start, mark_until) AS m (stream, start, until)
        JOIN unnest(apart) AS a (id) ON a.id = m.stream;
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
