-- SPDX-License-Identifier: EUPL-1.2
-- Since when a Datastream with values has another unit, and which it had: its older values may be meant in that.

ALTER TABLE things.datastream ADD COLUMN unit_before text, ADD COLUMN unit_since timestamptz;

CREATE FUNCTION things.note_unit() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF coalesce(NEW.unit ->> 'symbol', '') = NEW.unit_before THEN
        NEW.unit_before := NULL;
        NEW.unit_since := NULL;
    ELSIF EXISTS (SELECT FROM things.datastream_state AS s WHERE s.datastream_id = NEW.id AND s.n > 0) THEN
        NEW.unit_before := coalesce(OLD.unit ->> 'symbol', '');
        NEW.unit_since := now();
    END IF;
    RETURN NEW;
END $$;

CREATE TRIGGER datastream_unit BEFORE UPDATE OF unit ON things.datastream
FOR EACH ROW WHEN (OLD.unit ->> 'symbol' IS DISTINCT FROM NEW.unit ->> 'symbol')
EXECUTE FUNCTION things.note_unit();
