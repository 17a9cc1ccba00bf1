-- SPDX-License-Identifier: EUPL-1.2
-- The city's logo; what else belongs to its looks stands in core.city.

CREATE TABLE city.logo (
    only_one boolean PRIMARY KEY DEFAULT true CHECK (only_one),
    media_type text NOT NULL,
    data bytea NOT NULL CHECK (length(data) <= 262144),
    digest text NOT NULL
);
