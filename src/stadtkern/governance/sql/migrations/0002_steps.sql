-- SPDX-License-Identifier: EUPL-1.2
-- What somebody changed of several datasets in one step, and how it was before, so that the step can be taken back.

CREATE TABLE governance.step (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    person_id bigint NOT NULL REFERENCES core.principal ON DELETE CASCADE,
    act text NOT NULL CHECK (act IN ('publish', 'withdraw', 'move', 'theme', 'licence')),
    said jsonb NOT NULL DEFAULT '{}',
    made_at timestamptz NOT NULL DEFAULT now(),
    undone_at timestamptz
);
CREATE INDEX step_person ON governance.step (person_id, id);

-- `before`: what the step changed, as it was. `changed_at`: the dataset's own, right after the step; it is put back only as
-- long as nobody has changed it since.
CREATE TABLE governance.step_change (
    step_id bigint NOT NULL REFERENCES governance.step ON DELETE CASCADE,
    dataset_id bigint NOT NULL REFERENCES core.dataset ON DELETE CASCADE,
    before jsonb NOT NULL,
    changed_at timestamptz NOT NULL,
    PRIMARY KEY (step_id, dataset_id)
);
CREATE INDEX step_change_dataset ON governance.step_change (dataset_id);
