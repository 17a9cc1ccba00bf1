# SPDX-License-Identifier: EUPL-1.2
"""Other catalogues taken in on schedule: DCAT and CKAN, stable identities, guarded deletions."""
