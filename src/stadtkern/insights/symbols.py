# SPDX-License-Identifier: EUPL-1.2
"""Symbols of units as they stand behind numbers."""

from __future__ import annotations

_LONGEST = 20


def shown(given: object) -> str:
    """A symbol as its owner wrote it; what is none, but a text, is cut."""
    said = str(given or "").strip()
    return said if len(said) <= _LONGEST else f"{said[: _LONGEST - 1].rstrip()}…"
