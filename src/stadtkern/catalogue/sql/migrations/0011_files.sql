-- SPDX-License-Identifier: EUPL-1.2
-- Files that a dataset holds itself, each upload a version; what they contain lies in the data folder, below media/files.

-- A number is never given again: without a form the file was removed.
CREATE TABLE catalogue.file (
    dataset_id bigint NOT NULL REFERENCES core.dataset ON DELETE CASCADE,
    number integer NOT NULL,
    distribution_id bigint UNIQUE REFERENCES catalogue.distribution ON DELETE SET NULL,
    PRIMARY KEY (dataset_id, number)
);

-- `content`: the name of what it contains on the disk; a version that was brought back shares it.
-- `state` and `room_id` are those of the dataset when the version was replaced, as with features.version.
CREATE TABLE catalogue.file_version (
    dataset_id bigint NOT NULL,
    file integer NOT NULL,
    number integer NOT NULL,
    content uuid NOT NULL,
    name text NOT NULL,
    format text NOT NULL,
    media_type text NOT NULL,
    byte_size bigint NOT NULL CHECK (byte_size >= 0),
    sha256 text NOT NULL,
    note text NOT NULL DEFAULT '',
    restored_from integer,
    at timestamptz NOT NULL DEFAULT now(),
    person_id bigint REFERENCES core.principal ON DELETE SET NULL,
    ended_at timestamptz,
    state text,
    room_id bigint REFERENCES core.room ON DELETE SET NULL,
    PRIMARY KEY (dataset_id, file, number),
    FOREIGN KEY (dataset_id, file) REFERENCES catalogue.file ON DELETE CASCADE
);
CREATE INDEX file_version_content ON catalogue.file_version (content);
CREATE INDEX file_version_person ON catalogue.file_version (person_id);
CREATE INDEX file_version_room ON catalogue.file_version (room_id);

-- Contents without a version since then. They are removed a day later, so that a backup under way still finds them.
CREATE TABLE catalogue.file_gone (
    content uuid PRIMARY KEY,
    at timestamptz NOT NULL DEFAULT now()
);
CREATE FUNCTION catalogue.content_gone() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO catalogue.file_gone (content)
    SELECT DISTINCT o.content FROM gone AS o
    WHERE NOT EXISTS (SELECT FROM catalogue.file_version AS v WHERE v.content = o.content)
    ON CONFLICT (content) DO UPDATE SET at = now();
    RETURN NULL;
END $$;
CREATE TRIGGER content_gone AFTER DELETE ON catalogue.file_version REFERENCING OLD TABLE AS gone
    FOR EACH STATEMENT EXECUTE FUNCTION catalogue.content_gone();
