# SPDX-License-Identifier: EUPL-1.2
"""The query language of SensorThings: text → tree → typed tree → SQL with bound parameters."""
