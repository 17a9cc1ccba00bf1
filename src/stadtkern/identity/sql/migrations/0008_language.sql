-- SPDX-License-Identifier: EUPL-1.2
-- The language in which somebody wants to read mails, and mails that wait behind others.

-- None: the city's first.
ALTER TABLE identity.person ADD COLUMN language text CHECK (language ~ '^[a-z]{2}(-[a-z]{2,8})?$');

-- Mails that go to many at once let the others pass.
ALTER TABLE identity.mail ADD COLUMN bulk boolean NOT NULL DEFAULT false;
DROP INDEX identity.mail_due;
CREATE INDEX mail_due ON identity.mail (bulk, not_before, id) WHERE state = 'waiting';
