# SPDX-License-Identifier: EUPL-1.2
"""Datasets as people find them: metadata, search, inventory, onboarding, DCAT-AP.de, CKAN, harvest."""
