-- SPDX-License-Identifier: EUPL-1.2
-- What has to be known of a part without its file. `end_time`: when the last of its observations ends; `last_result`:
-- the number that its newest one says; `features`: how many are about each feature, by the feature's id.
-- Parts that are in the table are written anew and get these then; NULL where a part was away already.
ALTER TABLE things.archived
    ADD COLUMN end_time timestamptz, ADD COLUMN last_result double precision, ADD COLUMN features jsonb;
UPDATE things.archived SET state = 'open' WHERE state = 'here';
