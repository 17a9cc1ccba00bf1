-- SPDX-License-Identifier: EUPL-1.2
-- Organisations, who belongs to them, whose a dataset is, and whether it is published yet.

-- `about`: {"name": {"de": …}, "email", "url", "contributor_id"}.
CREATE TABLE core.organisation (
    principal_id bigint PRIMARY KEY REFERENCES core.principal ON DELETE CASCADE,
    kind text NOT NULL CHECK (kind IN ('city', 'department', 'municipal', 'partner')),
    about jsonb NOT NULL DEFAULT '{}'
);
CREATE UNIQUE INDEX organisation_one_city ON core.organisation (kind) WHERE kind = 'city';

WITH city AS (
    INSERT INTO core.principal (kind, name) VALUES ('organisation', 'Stadtverwaltung') RETURNING id
)
INSERT INTO core.organisation (principal_id, kind) SELECT id, 'city' FROM city;

CREATE FUNCTION core.city_organisation() RETURNS bigint LANGUAGE sql STABLE AS
    $$ SELECT principal_id FROM core.organisation WHERE kind = 'city' $$;

-- The roles, lowest first; each may do what those before it may.
CREATE TABLE core.membership (
    person_id bigint NOT NULL REFERENCES core.principal ON DELETE CASCADE,
    organisation_id bigint NOT NULL REFERENCES core.organisation ON DELETE CASCADE,
    role text NOT NULL CHECK (role IN ('reader', 'editor', 'steward', 'publisher', 'administrator')),
    since timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (person_id, organisation_id)
);
CREATE INDEX membership_organisation ON core.membership (organisation_id);

-- A dataset belongs to the city unless somebody says otherwise. What is not published is for those who work on it.
ALTER TABLE core.dataset
    ADD COLUMN organisation_id bigint REFERENCES core.organisation DEFAULT core.city_organisation(),
    ADD COLUMN state text NOT NULL DEFAULT 'published' CHECK (state IN ('draft', 'published', 'withdrawn'));
CREATE INDEX dataset_organisation ON core.dataset (organisation_id);

-- `person_id`: on whose behalf a token asks; it may never do more than that person may at the moment.
-- `organisation_id`: whose device it is; it may only do something in datasets of that organisation.
ALTER TABLE core.token
    ADD COLUMN person_id bigint REFERENCES core.principal ON DELETE CASCADE,
    ADD COLUMN organisation_id bigint REFERENCES core.organisation ON DELETE CASCADE;
CREATE INDEX token_person ON core.token (person_id);
CREATE INDEX token_organisation ON core.token (organisation_id);

CREATE TRIGGER access_changed AFTER UPDATE OF kind OR DELETE ON core.organisation
    FOR EACH STATEMENT EXECUTE FUNCTION core.access_changed();
CREATE TRIGGER access_changed AFTER INSERT OR UPDATE OR DELETE ON core.membership
    FOR EACH STATEMENT EXECUTE FUNCTION core.access_changed();
DROP TRIGGER access_changed ON core.dataset;
CREATE TRIGGER access_changed AFTER INSERT OR DELETE OR UPDATE OF room_id, organisation_id, state ON core.dataset
    FOR EACH STATEMENT EXECUTE FUNCTION core.access_changed();
DROP TRIGGER access_changed ON core.token;
CREATE TRIGGER access_changed
    AFTER DELETE OR UPDATE OF secret_hash, expires_at, revoked_at, default_dataset_id, person_id, organisation_id
    ON core.token FOR EACH STATEMENT EXECUTE FUNCTION core.access_changed();
