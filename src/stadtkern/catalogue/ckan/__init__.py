# SPDX-License-Identifier: EUPL-1.2
"""The reading side of CKAN's Action API v3, so that whoever reads CKAN portals reads this catalogue too."""
