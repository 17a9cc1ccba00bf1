# SPDX-License-Identifier: EUPL-1.2
"""Datastreams as pages need them: with thing, place, property, dataset and newest value in one read."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

import msgspec

from stadtkern.core import fragments, statements
from stadtkern.core.access import Scope
from stadtkern.core.fragments import Fragment
from stadtkern.insights import kinds, symbols
from stadtkern.ui.visit import Visit

# Series that one tile or map takes of one property.
MOST = 200
_LATE, _SOON = timedelta(hours=3), timedelta(minutes=10)
# More decimal places than anybody reads, and sizes (seconds, spaces) beyond anything real.
_MOST_DIGITS, _MOST_AMOUNT, _LONGEST_SYMBOL = 9, 1e10, 20


class Dataset(msgspec.Struct, frozen=True):
    """The dataset something belongs to, with what its owner says about it."""

    id: int
    key: str
    about: Mapping[str, Any]


class Site(msgspec.Struct, frozen=True, kw_only=True):
    """A Thing at its place."""

    id: int
    name: str
    description: str
    properties: Mapping[str, Any]
    location: Mapping[str, Any] | None = None
    address: str = ""
    location_properties: Mapping[str, Any] = {}

    @property
    def point(self) -> tuple[float, float] | None:
        """Longitude and latitude; of an area, roughly its middle."""
        return middle(self.location)

    @property
    def approximate(self) -> bool:
        """Whether the place is only roughly known."""
        return self.location_properties.get("position") == "approximate"


class Stream(msgspec.Struct, frozen=True, kw_only=True):
    """A Datastream with everything a tile or page says about it."""

    id: int
    name: str
    description: str
    kind: str
    unit: Mapping[str, Any]
    properties: Mapping[str, Any]
    site: Site
    property_name: str
    definition: str
    property_description: str
    sensor_name: str
    sensor_description: str
    dataset: Dataset
    first_time: datetime | None
    last_time: datetime | None
    last_end: datetime | None
    result: Any
    n: int
    multi: bool

    @property
    def short_name(self) -> str:
        """The name without that of its thing, for pages that have already said it."""
        head, _, tail = self.name.rpartition(", ")
        known = len(tail) > 4 and self.site.name.endswith(f" {tail}")  # no number, no `Nord`
        return (head if known else self.name.removesuffix(self.site.name).rstrip(" ,–-")) or self.name

    @property
    def symbol(self) -> str:
        """The unit's symbol as shown behind numbers; what is none, but a text, is cut."""
        return symbols.shown(self.unit.get("symbol"))

    @property
    def digits(self) -> int | None:
        """Decimal places, when the owner of the series has said so."""
        return decimals(self.properties, counts=self.kind == "count")

    @property
    def late_after(self) -> timedelta:
        """After how long without a value the series counts as silent."""
        return patience(self.interval)

    @property
    def interval(self) -> timedelta | None:
        """How far apart values are: as the owner says, or else on average."""
        return beat(self.properties, first=self.first_time, last=self.last_time, n=self.n)

    @property
    def dataset_id(self) -> int:
        """The number of its dataset."""
        return self.dataset.id

    @property
    def at(self) -> datetime | None:
        """Up to when the newest value speaks: the end of its interval, where it has one."""
        return self.last_end or self.last_time

    @property
    def what(self) -> kinds.Kind:
        """The kind of place this series belongs to."""
        type_ = self.site.properties.get("type")
        return kinds.of(type_ if isinstance(type_, str) else "", f"{self.property_name} {self.definition}")


def decimals(properties: Mapping[str, Any], *, counts: bool) -> int | None:
    """Decimal places that the owner of a series asks for, as far as they make sense; of counts, none."""
    given = properties.get("digits")
    sensible = type(given) is int and 0 <= given <= _MOST_DIGITS
    return given if sensible else 0 if counts else None


def amount(given: Any) -> float:
    """A size that somebody wrote into free properties; 0 where it is no number that could be one."""
    sensible = isinstance(given, int | float) and not isinstance(given, bool) and 0 < given < _MOST_AMOUNT
    return float(given) if sensible else 0.0


def beat(
    properties: Mapping[str, Any], *, first: datetime | None, last: datetime | None, n: int
) -> timedelta | None:
    """How far apart values are: as the owner says, or else on average."""
    given = amount(properties.get("interval_seconds"))
    if given:
        return timedelta(seconds=given)
    if n < 3 or first is None or last is None:
        return None
    return (last - first) / (n - 1) or None


def patience(interval: timedelta | None) -> timedelta:
    """After how long without a value a series with this beat counts as silent."""
    if interval is None:
        return _LATE
    # An average over long outages is no measure of patience.
    patient = max(interval * 3, _SOON)
    return min(patient, _LATE) if interval < _LATE else patient


def middle(location: Mapping[str, Any] | None) -> tuple[float, float] | None:
    """A point of a GeoJSON geometry or feature: the point itself, or the middle of its bounds."""
    if not location:
        return None
    geometry = location.get("geometry") or location
    numbers = list(_positions(geometry.get("coordinates")))
    if not numbers:
        return None
    xs, ys = [x for x, _ in numbers], [y for _, y in numbers]
    return (min(xs) + max(xs)) / 2, (min(ys) + max(ys)) / 2


def _positions(coordinates: Any) -> list[tuple[float, float]]:
    if not isinstance(coordinates, list) or not coordinates:
        return []
    if isinstance(coordinates[0], int | float):
        return [(float(coordinates[0]), float(coordinates[1]))]
    return [position for part in coordinates for position in _positions(part)]


async def streams(visit: Visit, *conditions: Fragment, order: str = "t.name, d.id") -> list[Stream]:
    """Visible datastreams that meet the conditions (on the aliases d, t, o, c)."""
    seen = [visit.scope.on(column) for column in ("d.dataset_id", "t.dataset_id", "n.dataset_id")]
    observed = visit.scope.on("o.dataset_id")
    seen.append(Fragment("(o.id IS NULL OR ") + observed + Fragment(")"))
    text, params = (
        Fragment(statements.load("insights")["streams"] + " ")
        + fragments.every([*conditions, *seen])
        + Fragment(f" ORDER BY {order}")
    )
    rows = await (await visit.connection.execute(text, params)).fetchall()
    return [_stream(row, scope=visit.scope) for row in rows]


class Wanted(msgspec.Struct, frozen=True):
    """Datastreams that observe a property, given by its definition; `type`: at things of this type only."""

    definition: str
    type: str | None = None


async def chosen(
    visit: Visit, *, wanted: Sequence[Wanted], ids: Sequence[int], most: int = MOST
) -> list[Stream]:
    """Single datastreams and those that observe what is wanted, of each at most `most`."""
    before, between, behind = statements.load("insights")["streams_wanted"].split("/* conditions */")
    inside = fragments.every([visit.scope.on("p.dataset_id"), visit.scope.on("x.dataset_id")])
    found = (
        Fragment("d.id = ANY (%s::bigint[] || ARRAY(", (list(ids),))
        + Fragment(before, ([w.definition for w in wanted], [w.type for w in wanted]))
        + inside
        + Fragment(between)
        + visit.scope.on("y.dataset_id")
        + Fragment(behind, (most,))
        + Fragment("))")
    )
    return await streams(visit, found)


async def of_site(visit: Visit, *, thing_id: int) -> list[Stream]:
    """The datastreams of one thing."""
    return await streams(visit, Fragment("d.thing_id = %s", (thing_id,)), order="d.id")


async def one(visit: Visit, *, datastream_id: int) -> Stream | None:
    """One datastream, or None when it is not there for this visit."""
    found = await streams(visit, Fragment("d.id = %s", (datastream_id,)))
    return found[0] if found else None


async def sites(
    visit: Visit, *conditions: Fragment, limit: int, offset: int = 0
) -> list[tuple[Site, Dataset]]:
    """Visible things that meet the conditions (on the aliases t, c, l), by name."""
    text, params = (
        Fragment(statements.load("insights")["things"] + " ")
        + fragments.every([*conditions, visit.scope.on("t.dataset_id")])
        + Fragment(" ORDER BY t.name, t.id LIMIT %s OFFSET %s", (limit, offset))
    )
    rows = await (await visit.connection.execute(text, params)).fetchall()
    return [(_site(row[0:4], row[7:11], scope=visit.scope), Dataset(*row[4:7])) for row in rows]


def _site(thing: Sequence[Any], place: Sequence[Any], *, scope: Scope) -> Site:
    hidden = place[0] is None or not scope.allows(place[0])
    return Site(
        id=thing[0],
        name=thing[1],
        description=thing[2],
        properties=thing[3],
        location=None if hidden else place[1],
        address="" if hidden else place[2],
        location_properties={} if hidden else place[3] or {},
    )


def _stream(row: Sequence[Any], *, scope: Scope) -> Stream:
    return Stream(
        id=row[0],
        name=row[1],
        description=row[2],
        kind=row[3],
        unit=row[4] or {},
        properties=row[5],
        site=_site(row[6:10], row[18:22], scope=scope),
        property_name=row[10] or "",
        definition=row[11] or "",
        property_description=row[12] or "",
        sensor_name=row[13],
        sensor_description=row[14],
        dataset=Dataset(*row[15:18]),
        first_time=row[22],
        last_time=row[23],
        last_end=row[24],
        result=row[25] if row[26] is None else row[26],
        n=row[27],
        multi=row[28],
    )


async def site(visit: Visit, *, thing_id: int) -> tuple[Site, Dataset] | None:
    """One thing, or None when it is not there for this visit."""
    found = await sites(visit, Fragment("t.id = %s", (thing_id,)), limit=1)
    return found[0] if found else None


class Holding(msgspec.Struct, frozen=True):
    """A dataset with how much is in it."""

    dataset: Dataset
    n: int
    last_time: datetime | None


async def datasets(visit: Visit, *, limit: int, since: str = "") -> list[Holding]:
    """The visible datasets that have datastreams, by key, beginning with the key `since`."""
    text, params = (
        Fragment(statements.load("insights")["datasets"] + " ")
        + visit.scope.on("c.id")
        + Fragment(" AND c.key >= %s ORDER BY c.key LIMIT %s", (since, limit))
    )
    rows = await (await visit.connection.execute(text, params)).fetchall()
    return [Holding(Dataset(*row[0:3]), row[3], row[4]) for row in rows]
