# SPDX-License-Identifier: EUPL-1.2
"""The outlines of the city, its districts and quarters: ground of every map, the coarse below the fine."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from typing import Any

from stadtkern.city import districts
from stadtkern.ui.visit import Visit

_KEPT = 60.0
_LEVELS = ("city", "district", "quarter")
_cache: dict[str, tuple[float, list[dict[str, Any]]]] = {}


async def outlines(visit: Visit) -> Sequence[Mapping[str, Any]]:
    """GeoJSON features of the districts; none where the city has not given any."""
    clock = asyncio.get_running_loop().time()
    read_at, known = _cache.get(visit.city.name, (float("-inf"), []))
    if clock - read_at > _KEPT:
        every = await districts.outlines(visit.connection)
        known = [_feature(district) for level in _LEVELS for district in every if district.level == level]
        _cache[visit.city.name] = (clock, known)
    return known


def _feature(district: districts.District) -> dict[str, Any]:
    return {
        "type": "Feature",
        "properties": {"code": district.code, "name": district.name, "level": district.level},
        "geometry": district.geometry,
    }
