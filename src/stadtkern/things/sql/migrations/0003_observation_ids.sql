-- SPDX-License-Identifier: EUPL-1.2
-- The index on an observation's id took 0.9 of 2.3 seconds for each million rows and a quarter of their space.
-- Numbers are handed out in order, so rows that lie together have ids that lie together: the range per 32 pages,
-- with outliers kept apart, is enough to find one.

DROP INDEX things.observation_id;
CREATE INDEX observation_id ON things.observation
    USING brin (id int8_minmax_multi_ops (values_per_range = 16)) WITH (pages_per_range = 32, autosummarize = on);
