-- SPDX-License-Identifier: EUPL-1.2
-- Every delivery is a version: where its rows lie, what came behind and over them, and who could see it.

-- `table_name`: the table of the delivery that replaced everything last. Rows with an id beyond `last_id` came later;
-- NULL as long as none did. `overwritten`: later deliveries changed rows; those as they were lie in a table of the
-- same name that begins with `w`, each with the number of the version that changed it (`replaced_in`).
-- `state` and `room_id` are those of the dataset when the version was replaced, NULL while it is shown: what was
-- still a draft then, or lay in another room, is no matter of everybody's now.
-- `summary`: how it differs from the version before, counted once.
CREATE TABLE features.version (
    collection_id bigint NOT NULL REFERENCES features.collection ON DELETE CASCADE,
    number bigint NOT NULL,
    at timestamptz NOT NULL DEFAULT clock_timestamp(),
    mode text NOT NULL CHECK (mode IN ('replace', 'append', 'upsert', 'restore')),
    restored_from bigint,
    person_id bigint REFERENCES core.principal ON DELETE SET NULL,
    note text NOT NULL DEFAULT '',
    columns jsonb NOT NULL,
    bounds box,
    srid integer NOT NULL,
    n bigint NOT NULL,
    table_name text NOT NULL,
    last_id bigint,
    overwritten boolean NOT NULL DEFAULT false,
    state text,
    room_id bigint REFERENCES core.room ON DELETE SET NULL,
    ended_at timestamptz,
    summary jsonb,
    PRIMARY KEY (collection_id, number)
);
CREATE INDEX version_person ON features.version (person_id);
CREATE INDEX version_room ON features.version (room_id);
CREATE INDEX version_ended ON features.version (ended_at) WHERE ended_at IS NOT NULL;

INSERT INTO features.version (collection_id, number, at, mode, columns, bounds, srid, n, table_name)
SELECT id, version, modified_at, 'replace', columns, bounds, srid, n, table_name
FROM features.collection WHERE version > 0;
