-- SPDX-License-Identifier: EUPL-1.2
-- Parts of names and typing errors are found through trigrams (the extension comes with the catalogue).

CREATE INDEX thing_name_parts ON things.thing USING gin (name public.gin_trgm_ops);
CREATE INDEX thing_about_parts ON things.thing USING gin (description public.gin_trgm_ops);
CREATE INDEX datastream_name_parts ON things.datastream USING gin (name public.gin_trgm_ops);
