-- SPDX-License-Identifier: EUPL-1.2
-- Of many datasets few say too little of themselves, and whoever works sees those before the others.
CREATE INDEX dataset_incomplete ON catalogue.dataset (changed_at DESC) WHERE themes = '{}' OR description = '{}';
