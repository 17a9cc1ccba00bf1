-- SPDX-License-Identifier: EUPL-1.2
-- What a datastream says of its observations: the area they are about, and when the last of them ends.

-- `area`: the envelope of the features its observations are about. `end_time`: the latest end of a phenomenon time;
-- `longest`: an upper bound for the length of one, so that a search for the latest end need not look at everything.
ALTER TABLE things.datastream_state
    ADD COLUMN area box,
    ADD COLUMN end_time timestamptz,
    ADD COLUMN longest interval;

-- The smallest box around boxes given by their corners; NULL where there is none.
CREATE FUNCTION things.box_around(east float8, north float8, west float8, south float8) RETURNS box
LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN box(point(east, north), point(west, south));

-- An envelope as GeoJSON, always a polygon as the standard has it, also around a single point. STABLE like what it
-- calls, or it would not be inlined.
CREATE FUNCTION things.envelope(area box) RETURNS jsonb LANGUAGE sql STABLE PARALLEL SAFE
RETURN CASE WHEN area IS NOT NULL THEN
    jsonb_build_object('type', 'Polygon', 'coordinates', jsonb_build_array(jsonb_build_array(
        jsonb_build_array((area[1])[0], (area[1])[1]), jsonb_build_array((area[0])[0], (area[1])[1]),
        jsonb_build_array((area[0])[0], (area[0])[1]), jsonb_build_array((area[1])[0], (area[0])[1]),
        jsonb_build_array((area[1])[0], (area[1])[1]))))
END;

-- Stops a commit that refers to a feature of interest that is gone; the reading to blame is then found.
CREATE FUNCTION things.refuse_features(missing bigint) RETURNS boolean LANGUAGE plpgsql STRICT AS $$
BEGIN
    RAISE EXCEPTION 'no FeatureOfInterest with the id %', missing USING ERRCODE = 'integrity_constraint_violation';
END $$;

UPDATE things.datastream_state AS s SET area = found.area
FROM (
    SELECT k.datastream_id, things.box_around(max((f.bounds[0])[0]), max((f.bounds[0])[1]),
                                              min((f.bounds[1])[0]), min((f.bounds[1])[1])) AS area
    FROM things.datastream_feature AS k JOIN things.feature_of_interest AS f ON f.id = k.feature_id
    WHERE k.n > 0 GROUP BY k.datastream_id) AS found
WHERE s.datastream_id = found.datastream_id;

UPDATE things.datastream_state AS s SET end_time = greatest(s.last_time, found.until), longest = found.longest
FROM (
    SELECT datastream_id, max(phenomenon_end) AS until, max(phenomenon_end - phenomenon_time) AS longest
    FROM things.observation WHERE phenomenon_end IS NOT NULL GROUP BY datastream_id) AS found
WHERE s.datastream_id = found.datastream_id;

-- The number and kind of a result's values is among what the doors keep in mind.
CREATE TRIGGER announce_change AFTER UPDATE OR DELETE ON things.datastream_property
    FOR EACH STATEMENT EXECUTE FUNCTION things.announce_change();
