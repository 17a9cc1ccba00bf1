-- SPDX-License-Identifier: EUPL-1.2
-- Rows without a place belong to every rectangle; an index of places is gone through whole to find them.

DO $$
DECLARE
    name text;
BEGIN
    FOR name IN
        SELECT c.relname FROM pg_class AS c JOIN pg_attribute AS a ON a.attrelid = c.oid AND a.attname = 'bounds'
        WHERE c.relnamespace = 'features'::regnamespace AND c.relkind = 'r' AND c.relname ~ '^t_[0-9]+_[0-9]+$'
    LOOP
        EXECUTE format('CREATE INDEX IF NOT EXISTS %I ON features.%I (id) WHERE bounds IS NULL',
                       name || '_nowhere', name);
    END LOOP;
END
$$;
