# SPDX-License-Identifier: EUPL-1.2
"""Everything that has a place: for the map, and for the list beside it."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

import msgspec
from django.urls import reverse

from stadtkern.core import fragments
from stadtkern.core.fragments import Fragment
from stadtkern.insights import kinds, streams
from stadtkern.insights.streams import Stream
from stadtkern.ui import formats
from stadtkern.ui.visit import Visit

MOST = 2_000


class Place(msgspec.Struct, frozen=True, kw_only=True):
    """A thing with the newest value of its first series."""

    id: int
    name: str
    kind: kinds.Kind
    point: tuple[float, float] | None
    approximate: bool
    value: str
    at: datetime | None
    late_after: timedelta | None


async def places(visit: Visit, *, kind: kinds.Kind | None, query: str) -> list[Place]:
    """Things with a series, by kind and name."""
    conditions = []
    if query:
        conditions.append(matching(visit, query=query))
    found = await streams.streams(visit, *conditions)
    first: dict[int, Stream] = {}
    for stream in found:
        if kind is None or stream.what.key == kind.key:
            first.setdefault(stream.site.id, stream)
    return [_place(stream) for stream in list(first.values())[:MOST]]


def matching(visit: Visit, *, query: str) -> Fragment:
    """Things whose name, description, address or observed properties contain the words."""
    pattern = "%" + query.replace("\\", r"\\").replace("%", r"\%").replace("_", r"\_") + "%"
    here = Fragment(
        "(t.name ILIKE %s OR t.description ILIKE %s OR l.name ILIKE %s OR EXISTS (SELECT 1"
        " FROM things.datastream AS k JOIN things.observed_property AS p ON p.id = k.observed_property_id"
        " WHERE k.thing_id = t.id AND (k.name ILIKE %s OR p.name ILIKE %s) AND ",
        (pattern,) * 5,
    )
    seen = fragments.every([visit.scope.on("k.dataset_id"), visit.scope.on("p.dataset_id")])
    return here + seen + Fragment("))")


async def kinds_present(visit: Visit) -> list[kinds.Kind]:
    """The kinds of places there are, in their usual order."""
    found = {stream.what.key for stream in await streams.streams(visit)}
    return [kind for key, kind in kinds.BY_KEY.items() if key in found]


def value_of(stream: Stream) -> str:
    """The newest value in words."""
    if stream.result in (0, 1) and stream.what.states:
        return str(stream.what.states[bool(stream.result)])
    if isinstance(stream.result, bool) or not isinstance(stream.result, int | float):
        return "" if stream.result is None else str(stream.result)
    return f"{formats.number(stream.result, digits=stream.digits)} {stream.symbol}".strip()


def _place(stream: Stream) -> Place:
    return Place(
        id=stream.site.id,
        name=stream.site.name,
        kind=stream.what,
        point=stream.site.point,
        approximate=stream.site.approximate,
        value=value_of(stream),
        at=stream.at,
        late_after=stream.late_after,
    )


def collection(found: Sequence[Place]) -> dict[str, Any]:
    """The places as a GeoJSON feature collection."""
    features = [
        {
            "type": "Feature",
            "geometry": {"type": "Point", "coordinates": list(place.point)},
            "properties": {
                "name": place.name,
                "kind": str(place.kind.one),
                "shape": place.kind.shape,
                "size": 1,
                "value": place.value,
                "url": reverse("thing", args=[place.id]),
            },
        }
        for place in found
        if place.point
    ]
    return {"type": "FeatureCollection", "features": features}
