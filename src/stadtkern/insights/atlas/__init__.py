# SPDX-License-Identifier: EUPL-1.2
"""The city on a map: places with their values, maps of datasets, and the list that says the same."""
