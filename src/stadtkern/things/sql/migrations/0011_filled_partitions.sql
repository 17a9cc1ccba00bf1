-- SPDX-License-Identifier: EUPL-1.2
-- A row costs three times as much where its index entries are made one by one as where they are sorted at the end. A
-- partition that is made for many rows is therefore filled first, unseen by others, and gets its indexes as it is
-- attached. `begin_partition` and `finish_partition` stand in one transaction.

CREATE FUNCTION things.partition_bounds(instant timestamptz, OUT leaf text, OUT lower timestamptz, OUT upper timestamptz)
LANGUAGE plpgsql STABLE SET timezone = 'UTC' AS $$
DECLARE
    step text := CASE WHEN instant >= '2015-01-01' THEN 'month' ELSE 'year' END;
BEGIN
    lower := date_trunc(step, instant);
    upper := lower + ('1 ' || step)::interval;
    leaf := 'observation_' || to_char(lower, CASE step WHEN 'month' THEN 'YYYY_MM' ELSE 'YYYY' END);
END $$;

-- Makes the table of a missing partition, without its key; false where it is there. The index of ids is there from
-- the start and its first pages are not summed up: pages take part in the ranges of ids when they are full. To sum up
-- rows one by one, or while all others wait, costs more than all else that the index asks for.
CREATE FUNCTION things.begin_partition(instant timestamptz) RETURNS boolean LANGUAGE plpgsql AS $$
DECLARE
    leaf text := (things.partition_bounds(instant)).leaf;
BEGIN
    -- What ATTACH takes anyway; taken first, so that whoever waited sees what the other one made.
    LOCK TABLE ONLY things.observation IN SHARE UPDATE EXCLUSIVE MODE;
    IF to_regclass('things.' || leaf) IS NOT NULL THEN
        RETURN false;
    END IF;
    EXECUTE format('CREATE TABLE things.%I (LIKE things.observation INCLUDING ALL EXCLUDING INDEXES)', leaf);
    EXECUTE format('ALTER TABLE things.%I SET (autovacuum_analyze_scale_factor = 0.02)', leaf);
    EXECUTE format('CREATE INDEX %I ON things.%I USING brin (id int8_minmax_multi_ops (values_per_range = 16)) '
                   'WITH (pages_per_range = 32, autosummarize = on)', leaf || '_id_idx', leaf);
    PERFORM brin_desummarize_range(to_regclass('things.' || leaf || '_id_idx'), 0);
    RETURN true;
END $$;

-- Attaches it, which makes the key.
CREATE FUNCTION things.finish_partition(instant timestamptz) RETURNS void LANGUAGE plpgsql SET timezone = 'UTC' AS $$
DECLARE
    made record := things.partition_bounds(instant);
BEGIN
    EXECUTE format('ALTER TABLE things.observation ATTACH PARTITION things.%I FOR VALUES FROM (%L) TO (%L)',
                   made.leaf, made.lower, made.upper);
END $$;

CREATE OR REPLACE FUNCTION things.attach_partition(instant timestamptz) RETURNS text LANGUAGE plpgsql AS $$
BEGIN
    IF things.begin_partition(instant) THEN
        PERFORM things.finish_partition(instant);
    END IF;
    RETURN (things.partition_bounds(instant)).leaf;
END $$;
