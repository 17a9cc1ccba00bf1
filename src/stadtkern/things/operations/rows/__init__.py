# SPDX-License-Identifier: EUPL-1.2
"""Rows of data arrays (18-088, clause 13.2), from their JSON to columns for the store."""

from stadtkern.things.operations.rows.heads import FEATURE, KEYS, Head, check, fit
from stadtkern.things.operations.rows.parts import Part, Read, read, whole

__all__ = ["FEATURE", "KEYS", "Head", "Part", "Read", "check", "fit", "read", "whole"]
