-- SPDX-License-Identifier: EUPL-1.2
-- Addresses of people who want to hear something: of new and changed datasets, or the answer to what they asked.

-- Who hears of datasets. Only an address and its language; `told_until`: what moved before was told.
CREATE TABLE catalogue.subscriber (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    uuid uuid NOT NULL UNIQUE DEFAULT gen_random_uuid(),
    address text NOT NULL UNIQUE CHECK (address = lower(address) AND address <> ''),
    language text NOT NULL DEFAULT 'de',
    told_until timestamptz NOT NULL DEFAULT now()
);

-- Of what: one dataset, one theme, or, with neither, all. Nothing is sent before somebody has confirmed it from the mailbox.
CREATE TABLE catalogue.subscription (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    uuid uuid NOT NULL UNIQUE DEFAULT gen_random_uuid(),
    subscriber_id bigint NOT NULL REFERENCES catalogue.subscriber ON DELETE CASCADE,
    dataset_id bigint REFERENCES core.dataset ON DELETE CASCADE,
    theme text NOT NULL DEFAULT '',
    asked_at timestamptz NOT NULL DEFAULT now(),
    confirmed_at timestamptz,
    UNIQUE NULLS NOT DISTINCT (subscriber_id, dataset_id, theme)
);
CREATE INDEX subscription_dataset ON catalogue.subscription (dataset_id);
CREATE INDEX subscription_asked ON catalogue.subscription (asked_at) WHERE confirmed_at IS NULL;

-- Where the answer to a request goes. The row goes with the last answer.
CREATE TABLE catalogue.reply (
    request_id bigint PRIMARY KEY REFERENCES catalogue.request ON DELETE CASCADE,
    uuid uuid NOT NULL UNIQUE DEFAULT gen_random_uuid(),
    address text NOT NULL CHECK (address = lower(address) AND address <> ''),
    language text NOT NULL DEFAULT 'de',
    asked_at timestamptz NOT NULL DEFAULT now(),
    confirmed_at timestamptz
);

-- Who erases an account is not written to either.
CREATE FUNCTION catalogue.forget_address() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    DELETE FROM catalogue.subscriber WHERE address = lower(OLD.email);
    DELETE FROM catalogue.reply WHERE address = lower(OLD.email);
    RETURN NULL;
END $$;
CREATE TRIGGER catalogue_forgets AFTER DELETE ON identity.person
    FOR EACH ROW EXECUTE FUNCTION catalogue.forget_address();
