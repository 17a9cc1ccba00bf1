# SPDX-License-Identifier: EUPL-1.2
"""The outlines of the city's districts, ground of every map."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from stadtkern.ui.visit import Visit


async def outlines(visit: Visit) -> Sequence[Mapping[str, Any]]:
    """GeoJSON features of the districts; none where the city has not given any."""
    given = visit.city.properties.get("districts") or {}
    features: Sequence[Mapping[str, Any]] = given.get("features") or []
    return features
