-- SPDX-License-Identifier: EUPL-1.2
-- name: take_demo_turn
-- Notes that the demo city has its table and its story; no row where it had them already, or is none.
UPDATE core.city
SET properties = properties || '{"demo_told": true}'
WHERE properties ->> 'demo' = 'complete' AND NOT properties ? 'demo_told'
RETURNING true;
