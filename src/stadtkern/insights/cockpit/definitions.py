# SPDX-License-Identifier: EUPL-1.2
"""Which tiles the cockpit shows: plain data, from the city's settings or else these."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal

import msgspec

Text = Mapping[str, str]


class Definition(msgspec.Struct, frozen=True, kw_only=True):
    """One tile: what it is about and which observed properties (by definition) feed it.

    `flow`: totals of today against a usual day. `places`: a map of the last hour. `free`: what is left of a
    capacity. `bays`: how many of some places are free. `low`: how many are below `threshold`.
    `level`: the newest value against its usual range. `day`: yesterday's total against usual.
    """

    key: str
    form: Literal["flow", "places", "free", "bays", "low", "level", "day"]
    title: Text
    properties: tuple[str, ...]
    noun: Text = {}
    places: Text = {}
    good: Text = {}
    threshold: float | None = None
    digits: int = 0
    wide: bool = False


DEFAULT: tuple[Definition, ...] = ()


def tiles(properties: Mapping[str, Any]) -> tuple[Definition, ...]:
    """The city's tiles: `cockpit.tiles` of its properties, or the default."""
    chosen = (properties.get("cockpit") or {}).get("tiles")
    return msgspec.convert(chosen, tuple[Definition, ...]) if chosen else DEFAULT
