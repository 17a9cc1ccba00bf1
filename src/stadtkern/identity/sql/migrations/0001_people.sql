-- SPDX-License-Identifier: EUPL-1.2
-- People behind principals, what their sessions remember, and links that work once.

CREATE SCHEMA identity;

-- `user_id`: the account that signs in (Django's, in the schema `web`); none for those who have not yet come.
CREATE TABLE identity.person (
    principal_id bigint PRIMARY KEY REFERENCES core.principal ON DELETE CASCADE,
    email text NOT NULL CHECK (email = lower(email)),
    user_id bigint UNIQUE,
    disabled_at timestamptz,
    signed_in_at timestamptz
);
CREATE UNIQUE INDEX person_email ON identity.person (email);

-- What a browser's session remembers, found by the hash of its secret. Signed in is only who has a core.session too.
CREATE TABLE identity.session (
    secret_hash bytea PRIMARY KEY,
    data text NOT NULL,
    expires_at timestamptz NOT NULL
);
CREATE INDEX session_expiry ON identity.session (expires_at);

-- Links that let somebody in once: the first administrator, somebody invited, somebody who lost the way in.
CREATE TABLE identity.invitation (
    uuid uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    secret_hash bytea NOT NULL UNIQUE,
    email text NOT NULL DEFAULT '',
    name text NOT NULL DEFAULT '',
    person_id bigint REFERENCES core.principal ON DELETE CASCADE,
    organisation_id bigint REFERENCES core.organisation ON DELETE CASCADE,
    role text CHECK (role IN ('reader', 'editor', 'steward', 'publisher', 'administrator')),
    invited_by bigint REFERENCES core.principal ON DELETE SET NULL,
    created_at timestamptz NOT NULL DEFAULT now(),
    expires_at timestamptz NOT NULL,
    used_at timestamptz
);
CREATE INDEX invitation_person ON identity.invitation (person_id);
CREATE INDEX invitation_organisation ON identity.invitation (organisation_id);
CREATE INDEX invitation_expiry ON identity.invitation (expires_at);
