-- SPDX-License-Identifier: EUPL-1.2
-- A new partition's first pages take no part in the ranges of ids until they are full, like all pages behind them: each
-- row put into a range that is summed up already costs more than all else that the index asks for.
CREATE OR REPLACE FUNCTION things.attach_partition(instant timestamptz) RETURNS text LANGUAGE plpgsql
SET timezone = 'UTC' AS $$
DECLARE
    step text := CASE WHEN instant >= '2015-01-01' THEN 'month' ELSE 'year' END;
    lower timestamptz := date_trunc(step, instant);
    upper timestamptz := lower + ('1 ' || step)::interval;
    leaf text := 'observation_' || to_char(lower, CASE step WHEN 'month' THEN 'YYYY_MM' ELSE 'YYYY' END);
    ranges regclass;
BEGIN
    -- What ATTACH takes anyway; taken first, so that whoever waited sees what the other one made.
    LOCK TABLE ONLY things.observation IN SHARE UPDATE EXCLUSIVE MODE;
    IF to_regclass('things.' || leaf) IS NULL THEN
        EXECUTE format('CREATE TABLE things.%I (LIKE things.observation INCLUDING ALL)', leaf);
        EXECUTE format('ALTER TABLE things.%I SET (autovacuum_analyze_scale_factor = 0.02)', leaf);
        EXECUTE format('ALTER TABLE things.observation ATTACH PARTITION things.%I FOR VALUES FROM (%L) TO (%L)',
                       leaf, lower, upper);
        SELECT i.indexrelid INTO ranges FROM pg_index AS i JOIN pg_class AS c ON c.oid = i.indexrelid
        JOIN pg_am AS a ON a.oid = c.relam
        WHERE i.indrelid = to_regclass('things.' || leaf) AND a.amname = 'brin';
        PERFORM brin_desummarize_range(ranges, 0);
    END IF;
    RETURN leaf;
END $$;
