# SPDX-License-Identifier: EUPL-1.2
"""Stadtkern is the open core of a smart city: one Python package and one PostgreSQL."""

__version__ = "0.1.0"
