# SPDX-License-Identifier: EUPL-1.2
"""Reads what lies around a point: things by distance, and datasets whose area touches it."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import msgspec
import shapely
import shapely.geometry
from django.utils.translation import gettext

from stadtkern.catalogue.entities import Dataset
from stadtkern.catalogue.search import find
from stadtkern.catalogue.search.question import Question
from stadtkern.city import districts
from stadtkern.core import fragments, statements
from stadtkern.core.fragments import Fragment
from stadtkern.insights import kinds, streams
from stadtkern.insights.cockpit import mapped
from stadtkern.insights.explore import find as places
from stadtkern.insights.streams import Site, Stream
from stadtkern.ui import formats, ground
from stadtkern.ui.visit import Visit

RADII = (500, 1_000, 2_000, 5_000)
MOST_THINGS, MOST_DATASETS, MOST_OTHERS = 24, 6, 5
_METRES_PER_DEGREE = 111_195.0  # of latitude, on a sphere of the Earth's mean radius


class Spot(msgspec.Struct, frozen=True, kw_only=True):
    """The middle of what is looked for: longitude, latitude, its name, and the thing whose place it is."""

    lon: float
    lat: float
    name: str = ""
    thing: int = 0


class Near(msgspec.Struct, frozen=True):
    """A thing with its distance in metres; `middle`: it is what the others are around."""

    site: Site
    series: Sequence[Stream]
    metres: float
    middle: bool = False

    @property
    def kind(self) -> kinds.Kind:
        """What kind of place it is."""
        return self.series[0].what if self.series else kinds.OTHER

    @property
    def newest(self) -> Stream | None:
        """The series that moved last."""
        moved = [each for each in self.series if each.at is not None]
        return max(moved, key=lambda each: each.at.timestamp() if each.at else 0.0, default=None)

    @property
    def value(self) -> str:
        """The newest value of the first series, in words."""
        return mapped.value_of(self.series[0]) if self.series else ""

    @property
    def far(self) -> str:
        """`250 m`, `1,4 km`."""
        return gettext("Hier") if self.middle else distance(self.metres)


class Around(msgspec.Struct, frozen=True, kw_only=True):
    """What lies around a spot. `more`: there are more things than are shown."""

    spot: Spot
    radius: int
    things: Sequence[Near]
    datasets: Sequence[Dataset]
    more: bool

    @property
    def others(self) -> int | None:
        """How many things there are besides the one in the middle; None where no thing is there."""
        return len(self.things) - 1 if any(each.middle for each in self.things) else None


def distance(metres: float) -> str:
    """A length as people say it: to ten metres, from a kilometre on to a tenth of one."""
    if metres < 995:
        return f"{formats.number(max(10, round(metres, -1)), digits=0)} m"
    tenths = round(metres / 100)
    return f"{formats.number(tenths / 10, digits=1 if tenths % 10 else 0)} km"


async def around(visit: Visit, *, spot: Spot, radius: int) -> Around:
    """Things and datasets around a spot, the nearest things first."""
    near = await _things(visit, spot=spot, radius=radius)
    shown = dict(near[:MOST_THINGS])
    series: dict[int, list[Stream]] = {number: [] for number in shown}
    here = list(shown)
    sites: dict[int, Site] = {}
    for site, _ in await streams.sites(visit, Fragment("t.id = ANY (%s)", (here,)), limit=MOST_THINGS):
        sites[site.id] = site
    for stream in await streams.streams(visit, Fragment("d.thing_id = ANY (%s)", (here,)), order="d.id"):
        series[stream.site.id].append(stream)
    things = [Near(sites[n], series[n], far, n == spot.thing) for n, far in shown.items() if n in sites]
    found = await find.search(
        visit.connection, visit.scope, question=Question(area=_box(spot, radius)), size=MOST_DATASETS
    )
    return Around(
        spot=spot, radius=radius, things=things, datasets=found.datasets, more=len(near) > MOST_THINGS
    )


async def _things(visit: Visit, *, spot: Spot, radius: int) -> list[tuple[int, float]]:
    west, south, east, north = _box(spot, radius)
    squeeze = math.cos(math.radians(spot.lat))
    first, last = statements.load("web")["things_near"].split("/* conditions */")
    text, params = (
        Fragment(first, (spot.lon, squeeze, spot.lat, west, south, east, north))
        + fragments.every([visit.scope.on("l.dataset_id"), visit.scope.on("t.dataset_id")])
        + Fragment(last, (radius / _METRES_PER_DEGREE, MOST_THINGS + 1))
    )
    rows = await (await visit.connection.execute(text, params)).fetchall()
    return [(row[0], float(row[1]) * _METRES_PER_DEGREE) for row in rows]


def _box(spot: Spot, radius: int) -> tuple[float, float, float, float]:
    """West, south, east, north of what a circle lies in; never beyond the ends of the map."""
    up = radius / _METRES_PER_DEGREE
    aside = up / max(math.cos(math.radians(spot.lat)), 0.01)
    return (
        max(-180.0, spot.lon - aside),
        max(-90.0, spot.lat - up),
        min(180.0, spot.lon + aside),
        min(90.0, spot.lat + up),
    )


async def land(visit: Visit, *, around: Around) -> list[dict[str, Any]]:
    """The outlines of the city as far as they lie around a spot."""
    window = _box(around.spot, round(around.radius * 1.15))
    parts = [
        shapely.clip_by_rect(shapely.geometry.shape(each["geometry"]), *window)
        for each in await ground.outlines(visit)
    ]
    return [{"geometry": shapely.geometry.mapping(part)} for part in parts if "Polygon" in part.geom_type]


async def district_names(visit: Visit) -> list[tuple[str, str]]:
    """Code and name of the districts, by name; of the quarters where there are no districts."""
    found = [each["properties"] for each in await ground.outlines(visit)]
    for level in ("district", "quarter", "city"):
        if names := [(each["code"], each["name"]) for each in found if each["level"] == level]:
            return sorted(names, key=lambda each: each[1].casefold())
    return []


async def district(visit: Visit, *, code: str) -> Spot | None:
    """A spot in the middle of a district."""
    every = await districts.outlines(visit.connection)
    found = next((each for each in every if each.code == code), None)
    if found is None:
        return None
    point = shapely.geometry.shape(found.geometry).representative_point()
    return Spot(lon=point.x, lat=point.y, name=found.name)


async def named(visit: Visit, *, text: str) -> tuple[Spot | None, list[tuple[int, str]]]:
    """The place of the thing that is called so, and others that might be meant by number and name."""
    words = Question(text=text).words
    hits, _ = await places.things(visit, words=words, size=MOST_OTHERS + 1)
    spots = [(hit, await thing(visit, id=hit.id)) for hit in hits]
    placed = [(hit, spot) for hit, spot in spots if spot is not None]
    if not placed:
        return None, []
    return placed[0][1], [(hit.id, hit.name) for hit, _ in placed[1:]]


async def thing(visit: Visit, *, id: int) -> Spot | None:
    """The place of one thing."""
    found = await streams.site(visit, thing_id=id)
    point = found[0].point if found else None
    return Spot(lon=point[0], lat=point[1], name=found[0].name, thing=id) if found and point else None


def here(*, lon: float, lat: float) -> Spot:
    """Where somebody is, rounded to about a hundred metres before anything is done with it."""
    return Spot(lon=round(lon, 3), lat=round(lat, 3), name=gettext("Ihren Standort"))
