-- SPDX-License-Identifier: EUPL-1.2
-- Agreements on the use of data, and who may read the log.

CREATE SCHEMA governance;

-- `permissions`: actions of ODRL that recipients are allowed. `retention_days`: after how many days recipients
-- delete what they took; null means not at all. An agreement counts while it is active, from `starts_at` until
-- `ends_at`; its grants (core.room_grant) carry the same instants, so that the database's clock ends it.
CREATE TABLE governance.agreement (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    uuid uuid NOT NULL UNIQUE DEFAULT gen_random_uuid(),
    title text NOT NULL,
    state text NOT NULL DEFAULT 'draft' CHECK (state IN ('draft', 'active', 'ended')),
    room_id bigint NOT NULL REFERENCES core.room,
    provider_id bigint NOT NULL REFERENCES core.organisation,
    purpose text NOT NULL,
    permissions text[] NOT NULL DEFAULT '{use}'
        CHECK (permissions <@ '{use,reproduce,derive,distribute}' AND cardinality(permissions) > 0),
    retention_days integer CHECK (retention_days > 0),
    liability text NOT NULL DEFAULT '',
    fee numeric(12, 2) NOT NULL DEFAULT 0 CHECK (fee >= 0),
    fee_note text NOT NULL DEFAULT '',
    starts_at timestamptz NOT NULL,
    ends_at timestamptz NOT NULL,
    created_at timestamptz NOT NULL DEFAULT now(),
    created_by bigint,
    activated_at timestamptz,
    activated_by bigint,
    ended_at timestamptz,
    ended_by bigint,
    end_reason text NOT NULL DEFAULT '',
    CHECK (ends_at > starts_at)
);
CREATE INDEX agreement_room ON governance.agreement (room_id);

CREATE TABLE governance.agreement_recipient (
    agreement_id bigint NOT NULL REFERENCES governance.agreement ON DELETE CASCADE,
    principal_id bigint NOT NULL REFERENCES core.principal ON DELETE CASCADE,
    PRIMARY KEY (agreement_id, principal_id)
);
CREATE INDEX agreement_recipient_principal ON governance.agreement_recipient (principal_id);

CREATE TABLE governance.agreement_dataset (
    agreement_id bigint NOT NULL REFERENCES governance.agreement ON DELETE CASCADE,
    dataset_id bigint NOT NULL REFERENCES core.dataset ON DELETE CASCADE,
    PRIMARY KEY (agreement_id, dataset_id)
);
CREATE INDEX agreement_dataset_dataset ON governance.agreement_dataset (dataset_id);

CREATE TABLE governance.agreement_document (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    agreement_id bigint NOT NULL REFERENCES governance.agreement ON DELETE CASCADE,
    name text NOT NULL,
    content bytea NOT NULL,
    checksum text NOT NULL,
    added_at timestamptz NOT NULL DEFAULT now(),
    added_by bigint
);
CREATE INDEX agreement_document_agreement ON governance.agreement_document (agreement_id);

-- Who looks after data protection and may read the log, besides the administrators of the city.
CREATE TABLE governance.officer (
    person_id bigint PRIMARY KEY REFERENCES core.principal ON DELETE CASCADE,
    since timestamptz NOT NULL DEFAULT now()
);

CREATE TRIGGER noted AFTER INSERT OR UPDATE OR DELETE ON governance.agreement
    FOR EACH ROW EXECUTE FUNCTION core.note_change('agreement');
CREATE TRIGGER noted AFTER INSERT OR DELETE ON governance.agreement_recipient
    FOR EACH ROW EXECUTE FUNCTION core.note_change('agreement');
CREATE TRIGGER noted AFTER INSERT OR DELETE ON governance.agreement_dataset
    FOR EACH ROW EXECUTE FUNCTION core.note_change('agreement');
CREATE TRIGGER noted AFTER INSERT OR UPDATE OR DELETE ON governance.officer
    FOR EACH ROW EXECUTE FUNCTION core.note_change('role');
