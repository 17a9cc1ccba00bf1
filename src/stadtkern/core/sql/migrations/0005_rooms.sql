-- SPDX-License-Identifier: EUPL-1.2
-- Rooms with terms, several grants for one principal, and a log to which rows can only be added.

-- `terms`: {"de": …}, what members accept before they see anything; the number of the wording, 0 without terms.
-- `organisation_id`: whose stewards look after the room.
ALTER TABLE core.room
    ADD COLUMN about jsonb NOT NULL DEFAULT '{}',
    ADD COLUMN terms jsonb NOT NULL DEFAULT '{}',
    ADD COLUMN terms_version integer NOT NULL DEFAULT 0,
    ADD COLUMN organisation_id bigint REFERENCES core.organisation ON DELETE SET NULL,
    ADD COLUMN created_at timestamptz NOT NULL DEFAULT now();
DROP TRIGGER access_changed ON core.room;
CREATE TRIGGER access_changed AFTER INSERT OR DELETE OR UPDATE OF kind, terms_version ON core.room
    FOR EACH STATEMENT EXECUTE FUNCTION core.access_changed();

-- A principal may have a grant as a member and one from each agreement. A token as a member has a principal of its own.
-- `dataset_ids`: only these datasets of the room. A grant counts from `starts_at` until `expires_at`.
ALTER TABLE core.room_grant
    DROP CONSTRAINT room_grant_pkey,
    ADD COLUMN agreement_id bigint,
    ADD COLUMN dataset_ids bigint[],
    ADD COLUMN starts_at timestamptz NOT NULL DEFAULT now(),
    ADD COLUMN granted_at timestamptz NOT NULL DEFAULT now(),
    ADD COLUMN id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY;
CREATE UNIQUE INDEX room_grant_once ON core.room_grant (room_id, principal_id, agreement_id) NULLS NOT DISTINCT;

CREATE TABLE core.room_acceptance (
    room_id bigint NOT NULL REFERENCES core.room ON DELETE CASCADE,
    principal_id bigint NOT NULL REFERENCES core.principal ON DELETE CASCADE,
    version integer NOT NULL,
    accepted_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (room_id, principal_id, version)
);
CREATE INDEX room_acceptance_principal ON core.room_acceptance (principal_id);
CREATE TRIGGER access_changed AFTER INSERT OR UPDATE OR DELETE ON core.room_acceptance
    FOR EACH STATEMENT EXECUTE FUNCTION core.access_changed();

-- Who read or changed what in rooms that are not public. People stand here by number only: who erases an account
-- leaves a number without a name. `dataset_ids`: what was surely touched; `room_ids`: what was in view.
CREATE TABLE core.audit (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    at timestamptz NOT NULL DEFAULT clock_timestamp(),
    action text NOT NULL CHECK (action IN
        ('read', 'change', 'export', 'role', 'room', 'grant', 'terms', 'agreement', 'token', 'dataset', 'log')),
    surface text NOT NULL,
    principal_id bigint,
    token_id bigint,
    dataset_ids bigint[] NOT NULL DEFAULT '{}',
    room_ids bigint[] NOT NULL DEFAULT '{}',
    address text NOT NULL DEFAULT '',
    detail jsonb NOT NULL DEFAULT '{}'
);
CREATE INDEX audit_time ON core.audit (at, id);
CREATE INDEX audit_principal ON core.audit (principal_id, id);

-- How long entries stay. Shortening it is an entry itself.
CREATE TABLE core.audit_policy (
    only_one boolean PRIMARY KEY DEFAULT true CHECK (only_one),
    keep interval NOT NULL DEFAULT '1 year' CHECK (keep >= '30 days')
);
INSERT INTO core.audit_policy DEFAULT VALUES;

CREATE FUNCTION core.audit_stays() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'DELETE' AND OLD.at < now() - (SELECT keep FROM core.audit_policy) THEN
        RETURN OLD;
    END IF;
    RAISE EXCEPTION 'entries of the log can neither be changed nor removed before their time';
END $$;
CREATE TRIGGER stays BEFORE UPDATE OR DELETE ON core.audit FOR EACH ROW EXECUTE FUNCTION core.audit_stays();
CREATE TRIGGER stays_whole BEFORE TRUNCATE ON core.audit FOR EACH STATEMENT EXECUTE FUNCTION core.audit_stays();

-- Changes of rights enter the log with the change itself, whoever makes it and however. The actor is what the transaction
-- says of itself; without one it was the command line.
CREATE FUNCTION core.note_change() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    old_row jsonb := CASE WHEN TG_OP <> 'INSERT' THEN to_jsonb(OLD) - 'secret_hash' END;
    new_row jsonb := CASE WHEN TG_OP <> 'DELETE' THEN to_jsonb(NEW) - 'secret_hash' END;
    of_row jsonb := coalesce(new_row, old_row);
    actor bigint := nullif(current_setting('stadtkern.actor', true), '')::bigint;
BEGIN
    IF TG_OP = 'UPDATE' AND old_row = new_row THEN
        RETURN NULL;
    END IF;
    INSERT INTO core.audit (action, surface, principal_id, dataset_ids, room_ids, address, detail)
    VALUES (
        TG_ARGV[0],
        CASE WHEN actor IS NULL THEN 'console' ELSE 'page' END,
        actor,
        CASE WHEN TG_TABLE_NAME = 'dataset' THEN ARRAY[(of_row ->> 'id')::bigint]
             WHEN of_row ? 'dataset_id' THEN ARRAY[(of_row ->> 'dataset_id')::bigint]
             ELSE '{}' END,
        CASE WHEN TG_TABLE_NAME = 'room' THEN ARRAY[(of_row ->> 'id')::bigint]
             WHEN of_row ->> 'room_id' IS NOT NULL THEN ARRAY[(of_row ->> 'room_id')::bigint]
             ELSE '{}' END,
        TG_TABLE_NAME,
        jsonb_strip_nulls(jsonb_build_object('operation', lower(TG_OP), 'before', old_row, 'after', new_row))
    );
    RETURN NULL;
END $$;

CREATE TRIGGER noted AFTER INSERT OR UPDATE OR DELETE ON core.membership
    FOR EACH ROW EXECUTE FUNCTION core.note_change('role');
CREATE TRIGGER noted AFTER INSERT OR UPDATE OR DELETE ON core.organisation
    FOR EACH ROW EXECUTE FUNCTION core.note_change('role');
CREATE TRIGGER noted AFTER INSERT OR UPDATE OR DELETE ON core.room
    FOR EACH ROW EXECUTE FUNCTION core.note_change('room');
CREATE TRIGGER noted AFTER INSERT OR UPDATE OR DELETE ON core.room_grant
    FOR EACH ROW EXECUTE FUNCTION core.note_change('grant');
CREATE TRIGGER noted AFTER INSERT OR DELETE ON core.room_acceptance
    FOR EACH ROW EXECUTE FUNCTION core.note_change('terms');
CREATE TRIGGER noted AFTER INSERT OR DELETE OR UPDATE OF name, expires_at, revoked_at, default_dataset_id ON core.token
    FOR EACH ROW EXECUTE FUNCTION core.note_change('token');
CREATE TRIGGER noted AFTER INSERT OR UPDATE OR DELETE ON core.token_scope
    FOR EACH ROW EXECUTE FUNCTION core.note_change('token');
CREATE TRIGGER noted AFTER DELETE OR UPDATE OF room_id, organisation_id, state ON core.dataset
    FOR EACH ROW EXECUTE FUNCTION core.note_change('dataset');
CREATE TRIGGER noted AFTER UPDATE ON core.audit_policy
    FOR EACH ROW EXECUTE FUNCTION core.note_change('log');
