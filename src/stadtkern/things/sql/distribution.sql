-- SPDX-License-Identifier: EUPL-1.2
-- Citus: observations and all that is kept per datastream lie on the workers, entities on every node.

-- name: citus_version
-- The version of Citus in this database.
SELECT extversion FROM pg_extension WHERE extname = 'citus';

-- name: spread_already
-- Whether a table is known to Citus.
SELECT EXISTS (SELECT FROM pg_dist_partition WHERE logicalrelid = %(name)s::text::regclass);

-- name: copy_everywhere
-- Keep a table whole on every node.
SELECT create_reference_table(%(name)s::text::regclass);

-- name: spread
-- Spread a table over the workers by datastream.
SELECT create_distributed_table(%(name)s::text::regclass, 'datastream_id', colocate_with => %(beside)s::text);
