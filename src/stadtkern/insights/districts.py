# SPDX-License-Identifier: EUPL-1.2
"""The outlines of the city's districts, ground of every map."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from typing import Any

from stadtkern.city import districts
from stadtkern.ui.visit import Visit

_KEPT = 60.0
_LEVELS = ("quarter", "district", "city")
_cache: dict[str, tuple[float, list[dict[str, Any]]]] = {}


async def outlines(visit: Visit) -> Sequence[Mapping[str, Any]]:
    """GeoJSON features of the districts; none where the city has not given any."""
    clock = asyncio.get_running_loop().time()
    read_at, known = _cache.get(visit.city.name, (float("-inf"), []))
    if clock - read_at > _KEPT:
        every = await districts.outlines(visit.connection)
        finest = next((level for level in _LEVELS if any(d.level == level for d in every)), "")
        known = [_feature(district) for district in every if district.level == finest]
        _cache[visit.city.name] = (clock, known)
    return known


def _feature(district: districts.District) -> dict[str, Any]:
    return {
        "type": "Feature",
        "properties": {"code": district.code, "name": district.name},
        "geometry": district.geometry,
    }
