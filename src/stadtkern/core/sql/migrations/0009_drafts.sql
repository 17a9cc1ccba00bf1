-- SPDX-License-Identifier: EUPL-1.2
-- Of many datasets few are drafts, and whoever works begins with them.
CREATE INDEX dataset_draft ON core.dataset (id) WHERE state = 'draft';
