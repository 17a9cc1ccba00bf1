-- SPDX-License-Identifier: EUPL-1.2
-- What clients of our own MQTT door follow beyond a connection, so that a restart does not end their sessions.

CREATE TABLE things.follower (
    token_id bigint NOT NULL REFERENCES core.token (id) ON DELETE CASCADE,
    client_id text NOT NULL,
    expiry bigint NOT NULL,
    topics jsonb NOT NULL,
    left_at timestamptz,
    PRIMARY KEY (token_id, client_id)
);
