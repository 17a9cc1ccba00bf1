-- SPDX-License-Identifier: EUPL-1.2
-- How long datasets are kept, and what readers must know of observations that are on their way out.

-- `retention`: observations older than this go; `keep` says what stays of them. `archive_after`: older months
-- move into files.
ALTER TABLE core.dataset
    ADD COLUMN keep text NOT NULL DEFAULT 'rollups' CHECK (keep IN ('rollups', 'nothing')),
    ADD COLUMN archive_after interval;

-- Observations that are not where a reader would look for them. `datastream`, `feature`: deleted, while the
-- observations of these are still being removed. `archive`: a dataset whose observations before `until` may lie in
-- files. Every scope carries the list, and a change of it empties the caches of scopes, as a change of rights does.
CREATE TABLE core.absence (
    kind text NOT NULL CHECK (kind IN ('datastream', 'feature', 'archive')),
    id bigint NOT NULL,
    until timestamptz NOT NULL DEFAULT 'infinity',
    PRIMARY KEY (kind, id)
);
CREATE TRIGGER access_changed AFTER INSERT OR UPDATE OR DELETE ON core.absence
    FOR EACH STATEMENT EXECUTE FUNCTION core.access_changed();
