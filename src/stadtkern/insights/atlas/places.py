# SPDX-License-Identifier: EUPL-1.2
"""Places with their values: one read for map and list, filtered alike, of now or of an hour gone by."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

import msgspec
from django.utils.translation import gettext

from stadtkern.core import fragments, statements
from stadtkern.core.fragments import Fragment
from stadtkern.insights import kinds, silence, streams
from stadtkern.insights.atlas.asking import Asked
from stadtkern.insights.cockpit import mapped
from stadtkern.things import series as things_series
from stadtkern.ui import formats
from stadtkern.ui.visit import Visit

# More things than that are not read for one map; the page says so.
MOST = 20_000
_HOUR = timedelta(hours=1)


class Place(msgspec.Struct, frozen=True, kw_only=True):
    """A thing with a value. `id` is that of its series; `said` names a state or what silence means."""

    thing: int
    name: str
    kind: kinds.Kind
    id: int
    counts: bool
    symbol: str
    properties: Mapping[str, Any]
    at: datetime | None
    late_after: timedelta
    result: Any
    dataset_id: int
    point: tuple[float, float] | None
    address: str
    approximate: bool
    said: str = ""
    live: bool = True

    @property
    def digits(self) -> int | None:
        """Decimal places, when the owner of the series has said so."""
        return streams.decimals(self.properties, counts=self.counts)

    @property
    def number(self) -> float | None:
        """The value, where it is a number."""
        result = self.result
        return float(result) if isinstance(result, int | float) and not isinstance(result, bool) else None

    @property
    def value(self) -> str:
        """The value in words."""
        return mapped.words_of(self.result, kind=self.kind, digits=self.digits, symbol=self.symbol)


class Found(msgspec.Struct, frozen=True, kw_only=True):
    """The places asked for, how many there are of each kind under the other filters, and whether too many."""

    places: Sequence[Place]
    counts: Mapping[str, int]
    cut: bool


async def read(visit: Visit, *, asked: Asked, land: Sequence[Mapping[str, Any]]) -> Found:
    """The places by name."""
    every, cut = await _rows(visit, asked)
    known = [_place(row, visit=visit) for row in every]
    known = _inside(known, asked=asked, land=land)
    if asked.at is None:
        known = await _explained(visit, known)
    else:
        known = await _then(visit, known, at=asked.at)
    if asked.state:
        known = [place for place in known if place.live == (asked.state == "aktuell")]
    counts: dict[str, int] = {}
    for place in known:
        counts[place.kind.key] = counts.get(place.kind.key, 0) + 1
    shown = [place for place in known if asked.shows(place.kind.key)]
    return Found(places=sorted(shown, key=lambda p: (p.name.casefold(), p.thing)), counts=counts, cut=cut)


async def _rows(visit: Visit, asked: Asked) -> tuple[list[Sequence[Any]], bool]:
    first, second, last = statements.load("insights")["map_places"].split("/* conditions */")
    seen = [visit.scope.on(f"{alias}.dataset_id") for alias in ("t", "d", "n")]
    observed = Fragment("(o.id IS NULL OR ") + visit.scope.on("o.dataset_id") + Fragment(")")
    conditions = [*seen, observed]
    if asked.query:
        conditions.append(mapped.matching(visit, query=asked.query))
    text, params = (
        Fragment(first)
        + visit.scope.on("l.dataset_id")
        + Fragment(second)
        + fragments.every(conditions)
        + Fragment(last)
        + Fragment(" LIMIT %s", (MOST + 1,))
    )
    rows = await (await visit.connection.execute(text, params)).fetchall()
    return list(rows[:MOST]), len(rows) > MOST


def _place(row: Sequence[Any], *, visit: Visit) -> Place:
    properties, first, last, last_end, n = row[6], row[9], row[10], row[11], row[14]
    late_after = streams.patience(streams.beat(properties, first=first, last=last, n=n))
    at = last_end or last
    return Place(
        thing=row[0],
        name=row[1],
        kind=kinds.of(row[2], f"{row[7]} {row[8]}"),
        id=row[3],
        counts=row[4] == "count",
        symbol=row[5],
        properties=properties,
        at=at,
        late_after=late_after,
        result=row[12] if row[13] is None else row[13],
        dataset_id=row[15],
        point=None if row[16] is None or row[17] is None else (row[16], row[17]),
        address=row[18],
        approximate=row[19] == "approximate",
        live=at is not None and visit.now - at <= late_after,
    )


def _inside(known: list[Place], *, asked: Asked, land: Sequence[Mapping[str, Any]]) -> list[Place]:
    """Those that lie in the district asked for; of one that is not there, none."""
    if not asked.district:
        return known
    import numpy
    import shapely
    import shapely.geometry

    outline = district(land, asked.district)
    placed = [place for place in known if place.point]
    if outline is None or not placed:
        return []
    shape = shapely.geometry.shape(outline["geometry"])
    shapely.prepare(shape)
    points = numpy.array([place.point for place in placed])
    holds = shapely.intersects_xy(shape, points[:, 0], points[:, 1])
    return [place for place, held in zip(placed, holds, strict=True) if held]


def district(land: Sequence[Mapping[str, Any]], code: str) -> Mapping[str, Any] | None:
    """The outline with this code."""
    return next((each for each in land if each["properties"]["code"] == code), None)


async def _explained(visit: Visit, known: list[Place]) -> list[Place]:
    """With words where silence means something; such places are as live as others."""
    meant = await silence.meanings(visit, known)
    if not meant:
        return known
    return [
        msgspec.structs.replace(place, said=meant[place.id], live=True) if place.id in meant else place
        for place in known
    ]


async def _then(visit: Visit, known: list[Place], *, at: datetime) -> list[Place]:
    """With the values of one hour: totals of counts, else means; what did not report then says nothing."""
    ids = [place.id for place in known]
    hours = await things_series.hourly(visit.connection, datastream_ids=ids, start=at, end=at + _HOUR)
    found = []
    for place in known:
        point = next(iter(hours.get(place.id, ())), None)
        value = None if point is None else point.total if place.counts else point.mean
        if value is not None and place.kind.states:
            # Of a state, what held for most of the hour.
            value = float(round(value))
        symbol = place.symbol.split("/")[0].strip() if place.counts else place.symbol
        then = at + _HOUR if value is not None else None
        found.append(
            msgspec.structs.replace(place, result=value, symbol=symbol, at=then, live=value is not None)
        )
    return found


def words_with_unit(place: Place) -> str:
    """The value as it stands under a point: what silence means, or the value; an old one never looks new."""
    if place.said or place.live or not place.value:
        return place.said or place.value or formats.number(None)
    return gettext("zuletzt %(value)s") % {"value": place.value}
