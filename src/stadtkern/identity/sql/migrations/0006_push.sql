-- SPDX-License-Identifier: EUPL-1.2
-- Browsers that want to be told of something, without an account, and the messages that wait for them.

-- A browser is known by the address at which its push service takes messages for it (RFC 8030) and by its own keys
-- (RFC 8291); nothing says whose it is. A row goes when it says so, or when the push service says it is gone.
CREATE TABLE identity.browser (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    endpoint text NOT NULL UNIQUE CHECK (length(endpoint) <= 1000),
    p256dh bytea NOT NULL CHECK (length(p256dh) = 65),
    auth bytea NOT NULL CHECK (length(auth) = 16),
    language text NOT NULL DEFAULT 'de',
    created_at timestamptz NOT NULL DEFAULT now()
);

-- `target` is a dataset, a Thing or a Datastream by number; of a Datastream `bound` is what its values must pass.
-- `met` is how it stood last: only a change is told.
CREATE TABLE identity.follow (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    browser_id bigint NOT NULL REFERENCES identity.browser ON DELETE CASCADE,
    kind text NOT NULL CHECK (kind IN ('dataset', 'thing', 'stream')),
    target bigint NOT NULL,
    bound float8,
    above boolean NOT NULL DEFAULT true,
    met boolean NOT NULL DEFAULT false,
    followed_at timestamptz NOT NULL DEFAULT now(),
    told_at timestamptz,
    CHECK ((bound IS NOT NULL) = (kind = 'stream')),
    UNIQUE NULLS NOT DISTINCT (browser_id, kind, target, bound, above)
);
CREATE INDEX follow_kind ON identity.follow (kind, target);

CREATE TABLE identity.push (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    browser_id bigint NOT NULL REFERENCES identity.browser ON DELETE CASCADE,
    topic text NOT NULL,
    facts jsonb NOT NULL,
    attempts smallint NOT NULL DEFAULT 0,
    not_before timestamptz NOT NULL DEFAULT now(),
    expires_at timestamptz NOT NULL,
    UNIQUE (browser_id, topic)
);
CREATE INDEX push_due ON identity.push (not_before, id);
