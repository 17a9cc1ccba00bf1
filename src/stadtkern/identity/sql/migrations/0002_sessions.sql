-- SPDX-License-Identifier: EUPL-1.2
-- Whose session it is since the sign-in, so that ending somebody's sessions ends what they remember too.

ALTER TABLE identity.session
    ADD COLUMN principal_id bigint REFERENCES core.principal ON DELETE CASCADE,
    ADD COLUMN created_at timestamptz NOT NULL DEFAULT now(),
    ADD COLUMN device text NOT NULL DEFAULT '';
CREATE INDEX session_principal ON identity.session (principal_id);
