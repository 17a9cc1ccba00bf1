-- SPDX-License-Identifier: EUPL-1.2
-- How many datasets have room, state and organisation in common: what rights are judged by, instead of dataset by dataset.

-- `organisation_id` is 0 for datasets of nobody. Whoever changes datasets already waits for core.access_version, so that
-- these rows keep nobody waiting who did not wait before.
CREATE TABLE core.dataset_class (
    room_id bigint NOT NULL,
    state text NOT NULL,
    organisation_id bigint NOT NULL,
    size bigint NOT NULL,
    PRIMARY KEY (room_id, state, organisation_id)
);
CREATE INDEX dataset_by_class ON core.dataset (room_id, state, coalesce(organisation_id, 0));

INSERT INTO core.dataset_class
SELECT room_id, state, coalesce(organisation_id, 0), count(*) FROM core.dataset GROUP BY 1, 2, 3;

CREATE FUNCTION core.classes_counted() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    moved core.dataset_class[] := '{}';
BEGIN
    IF TG_OP <> 'DELETE' THEN
        moved := ARRAY(SELECT (room_id, state, coalesce(organisation_id, 0), count(*))::core.dataset_class
                       FROM added GROUP BY room_id, state, coalesce(organisation_id, 0));
    END IF;
    IF TG_OP <> 'INSERT' THEN
        moved := moved || ARRAY(SELECT (room_id, state, coalesce(organisation_id, 0), -count(*))::core.dataset_class
                                FROM removed GROUP BY room_id, state, coalesce(organisation_id, 0));
    END IF;
    INSERT INTO core.dataset_class AS k
    SELECT room_id, state, organisation_id, sum(size) FROM unnest(moved)
    GROUP BY 1, 2, 3 HAVING sum(size) <> 0 ORDER BY 1, 2, 3
    ON CONFLICT (room_id, state, organisation_id) DO UPDATE SET size = k.size + excluded.size;
    RETURN NULL;
END $$;
CREATE TRIGGER counted_new AFTER INSERT ON core.dataset REFERENCING NEW TABLE AS added
    FOR EACH STATEMENT EXECUTE FUNCTION core.classes_counted();
CREATE TRIGGER counted_changed AFTER UPDATE ON core.dataset REFERENCING OLD TABLE AS removed NEW TABLE AS added
    FOR EACH STATEMENT EXECUTE FUNCTION core.classes_counted();
CREATE TRIGGER counted_gone AFTER DELETE ON core.dataset REFERENCING OLD TABLE AS removed
    FOR EACH STATEMENT EXECUTE FUNCTION core.classes_counted();
