# SPDX-License-Identifier: EUPL-1.2
"""SensorThings: entities, observations, rollups, latest state and the query language."""
