-- SPDX-License-Identifier: EUPL-1.2
-- Mails that wait to be handed in, and those that nobody took.

-- `kind` names the text (`identity/invitation`), `facts` what stands in it; `sealed` are facts that would open something,
-- encrypted with the installation's key. A row goes when the mail server has taken the mail: what was sent is not kept.
-- For a person the address is read when the mail goes out, so nothing is sent to whoever has left.
CREATE TABLE identity.mail (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    uuid uuid NOT NULL UNIQUE DEFAULT gen_random_uuid(),
    kind text NOT NULL,
    address text CHECK (address <> ''),
    person_id bigint REFERENCES identity.person ON DELETE CASCADE,
    language text NOT NULL DEFAULT 'de',
    facts jsonb NOT NULL DEFAULT '{}',
    sealed bytea,
    state text NOT NULL DEFAULT 'waiting' CHECK (state IN ('waiting', 'dead')),
    attempts smallint NOT NULL DEFAULT 0,
    created_at timestamptz NOT NULL DEFAULT now(),
    not_before timestamptz NOT NULL DEFAULT now(),
    lease_until timestamptz,
    expires_at timestamptz NOT NULL,
    error text NOT NULL DEFAULT '',
    CHECK ((address IS NULL) <> (person_id IS NULL))
);
CREATE INDEX mail_due ON identity.mail (not_before, id) WHERE state = 'waiting';
CREATE INDEX mail_dead ON identity.mail (id DESC) WHERE state = 'dead';
CREATE INDEX mail_address ON identity.mail (lower(address));
CREATE INDEX mail_person ON identity.mail (person_id);

-- How many mails of a kind were taken by the mail server, and how many were given up.
CREATE TABLE identity.mail_day (
    day date NOT NULL DEFAULT current_date,
    kind text NOT NULL,
    sent integer NOT NULL DEFAULT 0,
    dead integer NOT NULL DEFAULT 0,
    PRIMARY KEY (day, kind)
);

CREATE FUNCTION identity.mail_came() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM pg_notify('identity_mail', '');
    RETURN NULL;
END $$;
CREATE TRIGGER came AFTER INSERT OR UPDATE OF not_before ON identity.mail
    FOR EACH STATEMENT EXECUTE FUNCTION identity.mail_came();
