-- SPDX-License-Identifier: EUPL-1.2
-- `place`: something that is wrong at a measuring place or with its values.
ALTER TABLE city.message DROP CONSTRAINT message_kind_check;
ALTER TABLE city.message ADD CONSTRAINT message_kind_check CHECK (kind IN ('term', 'barrier', 'place'));
