-- SPDX-License-Identifier: EUPL-1.2
-- What nearly every commit of single readings is, in one round trip: numbers that lie behind all that is known.

-- Stores the rows of all datastreams for which that holds and does what follows from it: states, marks for the fold,
-- numbers of features, the event. Returns the datastreams whose rows it left to the general way: unknown ones, and
-- those that are watched, hold states, are sealed, have later readings or refer to a feature for the first time.
-- `micros` are the same instants in microseconds since 1970. The rows are sorted by datastream and time, no two of
-- them share both, and all belong into `leaf`. Each statement sees what was committed before it (READ COMMITTED):
-- the features are looked up after the lock that whoever deletes one waits for.
CREATE FUNCTION things.append_readings(
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
        SELECT coalesce(array_agg(f.id), '{}') INTO fitting FROM unnest(fitting) AS f (id)
        WHERE NOT EXISTS (
            SELECT FROM unnest(streams, features) AS row (stream, feature)
            WHERE row.stream = f.id AND row.feature IS NOT NULL AND NOT EXISTS (
                SELECT FROM things.datastream_feature AS k
                WHERE k.datastream_id = row.stream AND k.feature_id = row.feature AND k.n > 0));
    END IF;

    SELECT coalesce(array_agg(DISTINCT stream), '{}') INTO others FROM unnest(streams) AS row (stream)
    WHERE stream <> ALL (fitting);
    IF others <> '{}' THEN
        SELECT array_agg(row.stream), array_agg(row.at), array_agg(row.micro), array_agg(row.id), array_agg(row.result),
               CASE WHEN features IS NOT NULL THEN array_agg(row.feature) END
        INTO streams, times, micros, ids, results, features
        FROM unnest(streams, times, micros, ids, results, features) AS row (stream, at, micro, id, result, feature)
        WHERE row.stream = ANY (fitting);
        IF streams IS NULL THEN
            RETURN others;
        END IF;
    END IF;

    EXECUTE format('INSERT INTO %s (datastream_id, phenomenon_time, id, result, feature_id) '
                   'SELECT * FROM unnest($1, $2, $3, $4, $5)', leaf)
    USING streams, times, ids, results, features;

    UPDATE things.datastream_state AS s
    SET n = s.n + d.n, first_time = coalesce(s.first_time, d.first_time), end_time = greatest(s.end_time, d.last_time),
        last_time = d.last_time, last_end = NULL, last_id = d.last_id, last_slot = 0, last_result = d.last_result,
        last_result_json = NULL
    FROM (SELECT stream, count(*) AS n, min(at) AS first_time, max(at) AS last_time,
                 (array_agg(id ORDER BY at DESC))[1] AS last_id, (array_agg(result ORDER BY at DESC))[1] AS last_result
          FROM unnest(streams, times, ids, results) AS row (stream, at, id, result) GROUP BY stream) AS d
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

    INSERT INTO core.outbox (topic, payload) VALUES (topic, jsonb_build_object(
        'datastreams', to_jsonb(fitting), 'rows', cardinality(ids), 'ids', to_jsonb(ids), 'streams', to_jsonb(streams),
        'times', to_jsonb(micros)));
    RETURN others;
END $$;
