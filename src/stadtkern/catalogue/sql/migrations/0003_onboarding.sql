-- SPDX-License-Identifier: EUPL-1.2
-- Files on their way into datasets: the recipe that deliveries share, and each delivery with what was found in it.

-- `plan` is what people chose: target, mapping, words of the dataset; `shape` the delivery it was made for.
-- With `url`, the next delivery is fetched when `due_at` has come.
CREATE TABLE catalogue.import_recipe (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    uuid uuid NOT NULL DEFAULT gen_random_uuid() UNIQUE,
    organisation_id bigint NOT NULL REFERENCES core.organisation ON DELETE CASCADE,
    owner_id bigint REFERENCES core.principal ON DELETE SET NULL,
    dataset_id bigint REFERENCES core.dataset ON DELETE SET NULL,
    title text NOT NULL,
    url text NOT NULL DEFAULT '',
    every interval,
    due_at timestamptz,
    plan jsonb,
    shape jsonb,
    created_at timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX import_recipe_organisation ON catalogue.import_recipe (organisation_id, created_at);
CREATE INDEX import_recipe_dataset ON catalogue.import_recipe (dataset_id);
CREATE INDEX import_recipe_due ON catalogue.import_recipe (due_at) WHERE due_at IS NOT NULL;

-- arrived → looked → to_check → checked → to_load → done. `held` waits for a person although nobody sent it just now;
-- `refused` cannot be read; `failed` is our fault; `discarded` is a person's decision.
-- A row in `arrived`, `to_check`, `to_load` is work; whoever takes it holds it until `leased_until`.
CREATE TABLE catalogue.import_delivery (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    uuid uuid NOT NULL DEFAULT gen_random_uuid() UNIQUE,
    recipe_id bigint NOT NULL REFERENCES catalogue.import_recipe ON DELETE CASCADE,
    by_id bigint REFERENCES core.principal ON DELETE SET NULL,
    state text NOT NULL DEFAULT 'arrived' CHECK (state IN (
        'arrived', 'looked', 'to_check', 'checked', 'to_load', 'done', 'held', 'refused', 'failed', 'discarded'
    )),
    file_name text NOT NULL DEFAULT '',
    size bigint NOT NULL DEFAULT 0,
    part text NOT NULL DEFAULT '',
    progress real NOT NULL DEFAULT 0,
    found jsonb,
    checked jsonb,
    changes jsonb NOT NULL DEFAULT '[]',
    problem jsonb,
    decision jsonb,
    rows bigint NOT NULL DEFAULT 0,
    attempts integer NOT NULL DEFAULT 0,
    leased_until timestamptz,
    created_at timestamptz NOT NULL DEFAULT now(),
    updated_at timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX import_delivery_recipe ON catalogue.import_delivery (recipe_id, id);
CREATE INDEX import_delivery_work ON catalogue.import_delivery (id) WHERE state IN ('arrived', 'to_check', 'to_load');
