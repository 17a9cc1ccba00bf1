-- SPDX-License-Identifier: EUPL-1.2
-- Pictures of things: what stands there, so that people recognise it. One for each thing, without what cameras note.

CREATE TABLE insights.thing_picture (
    thing_id bigint PRIMARY KEY REFERENCES things.thing ON DELETE CASCADE,
    media_type text NOT NULL CHECK (media_type IN ('image/jpeg', 'image/png', 'image/webp')),
    width integer NOT NULL CHECK (width BETWEEN 1 AND 4096),
    height integer NOT NULL CHECK (height BETWEEN 1 AND 4096),
    data bytea NOT NULL CHECK (length(data) <= 1572864),
    digest text NOT NULL,
    alt jsonb NOT NULL,
    credit text NOT NULL DEFAULT '',
    made_at timestamptz NOT NULL DEFAULT now(),
    made_by bigint REFERENCES core.principal ON DELETE SET NULL
);
-- Such pictures are packed already.
ALTER TABLE insights.thing_picture ALTER COLUMN data SET STORAGE EXTERNAL;

-- Keys with which a screen on a wall shows one board without anybody signed in there, with the rights of whoever
-- gave the key. Only a hash of the secret is kept.
CREATE TABLE insights.wall_key (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    board_id bigint NOT NULL REFERENCES insights.board ON DELETE CASCADE,
    name text NOT NULL,
    secret_hash bytea NOT NULL UNIQUE,
    given_by bigint NOT NULL REFERENCES core.principal ON DELETE CASCADE,
    given_at timestamptz NOT NULL DEFAULT now(),
    expires_at timestamptz NOT NULL,
    ended_at timestamptz,
    last_used_on date
);
CREATE INDEX wall_key_board ON insights.wall_key (board_id, id);
CREATE INDEX wall_key_giver ON insights.wall_key (given_by);
CREATE TRIGGER noted AFTER INSERT OR DELETE OR UPDATE OF name, expires_at, ended_at ON insights.wall_key
    FOR EACH ROW EXECUTE FUNCTION core.note_change('token');
