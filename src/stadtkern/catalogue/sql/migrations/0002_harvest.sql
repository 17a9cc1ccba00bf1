-- SPDX-License-Identifier: EUPL-1.2
-- Catalogues that are harvested, what came of it, and which dataset is which record of theirs.

CREATE TABLE catalogue.harvest_source (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    title text NOT NULL,
    url text NOT NULL,
    kind text NOT NULL CHECK (kind IN ('dcat', 'ckan')),
    organisation_id bigint NOT NULL REFERENCES core.organisation ON DELETE CASCADE,
    room_key text NOT NULL DEFAULT 'public',
    publish boolean NOT NULL DEFAULT false,
    every_hours integer NOT NULL DEFAULT 24 CHECK (every_hours BETWEEN 1 AND 8760),
    grace_days integer NOT NULL DEFAULT 14 CHECK (grace_days BETWEEN 1 AND 365),
    active boolean NOT NULL DEFAULT true,
    next_at timestamptz NOT NULL DEFAULT now(),
    lease_until timestamptz,
    lease uuid,
    created_at timestamptz NOT NULL DEFAULT now(),
    created_by bigint REFERENCES core.principal ON DELETE SET NULL,
    UNIQUE (url, organisation_id)
);
CREATE INDEX harvest_source_due ON catalogue.harvest_source (next_at) WHERE active;

CREATE TABLE catalogue.harvest_run (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    source_id bigint NOT NULL REFERENCES catalogue.harvest_source ON DELETE CASCADE,
    started_at timestamptz NOT NULL DEFAULT now(),
    ended_at timestamptz,
    state text NOT NULL DEFAULT 'running' CHECK (state IN ('running', 'done', 'failed', 'abandoned')),
    pages integer NOT NULL DEFAULT 0,
    found integer NOT NULL DEFAULT 0,
    created integer NOT NULL DEFAULT 0,
    changed integer NOT NULL DEFAULT 0,
    refused integer NOT NULL DEFAULT 0,
    missing integer NOT NULL DEFAULT 0,
    withdrawn integer NOT NULL DEFAULT 0,
    message text NOT NULL DEFAULT ''
);
CREATE INDEX harvest_run_of_source ON catalogue.harvest_run (source_id, id DESC);

CREATE TABLE catalogue.harvest_finding (
    run_id bigint NOT NULL REFERENCES catalogue.harvest_run ON DELETE CASCADE,
    position integer NOT NULL,
    identifier text NOT NULL,
    message text NOT NULL,
    PRIMARY KEY (run_id, position)
);

-- `missing_since`: the source does not list it any more; after the days of grace the dataset is withdrawn.
CREATE TABLE catalogue.harvest_record (
    source_id bigint NOT NULL REFERENCES catalogue.harvest_source ON DELETE CASCADE,
    identifier text NOT NULL,
    dataset_id bigint NOT NULL REFERENCES core.dataset ON DELETE CASCADE,
    digest bytea NOT NULL,
    modified timestamptz,
    seen_in bigint NOT NULL,
    missing_since timestamptz,
    withdrawn boolean NOT NULL DEFAULT false,
    PRIMARY KEY (source_id, identifier)
);
CREATE INDEX harvest_record_of_dataset ON catalogue.harvest_record (dataset_id);
