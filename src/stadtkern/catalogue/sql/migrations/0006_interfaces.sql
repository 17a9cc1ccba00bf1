-- SPDX-License-Identifier: EUPL-1.2
-- What programs use, by the interface through which they do.
ALTER TABLE catalogue.usage DROP CONSTRAINT usage_kind_check;
ALTER TABLE catalogue.usage ADD CONSTRAINT usage_kind_check
    CHECK (kind IN ('view', 'download', 'embed', 'api', 'sta', 'ogc', 'ckan', 'dcat'));
