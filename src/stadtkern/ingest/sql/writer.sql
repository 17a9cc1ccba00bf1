-- SPDX-License-Identifier: EUPL-1.2

-- name: commit_ahead
-- Let a session's commits return before they are on disk.
SET synchronous_commit = off;

-- name: sync_commits
-- Write something of no consequence, and with it to the disk all that was committed before in any session.
SELECT pg_logical_emit_message(true, 'stadtkern', 'sync');
