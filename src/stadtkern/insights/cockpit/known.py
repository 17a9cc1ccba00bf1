# SPDX-License-Identifier: EUPL-1.2
"""What the tiles of a board need to know, read once for all of them: its cost grows with the tiles."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

import msgspec

from stadtkern.core import statements
from stadtkern.insights import silence
from stadtkern.insights import streams as streams_of
from stadtkern.insights import usual as usuals
from stadtkern.insights.cockpit.definitions import Definition, Form
from stadtkern.insights.streams import Stream, Wanted
from stadtkern.things import series
from stadtkern.ui import ground
from stadtkern.ui.visit import Visit

Weeks = Mapping[datetime, float]
_DAY, _HOUR = timedelta(days=1), timedelta(hours=1)
_LAST = timedelta(hours=4)
# Which forms look at the hours of two days (the ranking where it counts), at the last hours, at what silence
# means, at what is usual.
_BY_HOUR: tuple[Form, ...] = ("flow", "value")
_BY_LAST: tuple[Form, ...] = ("places",)
_BY_PLACES: tuple[Form, ...] = ("free", "bays", "low", "value", "gauge", "ranking")
_BY_USUAL: tuple[Form, ...] = ("flow", "value")


class Fed(msgspec.Struct, frozen=True):
    """A tile's definition with the datastreams that feed it."""

    definition: Definition
    streams: Sequence[Stream]


class Known(msgspec.Struct, frozen=True, kw_only=True):
    """Histories by number of the datastream. `usual`: of this weekday, `before`: of the one before.

    `quiet`: what the silence of series means, in words. `linked`: whether places on maps lead to their pages.
    """

    hours: Mapping[int, Sequence[series.Point]] = {}
    usual: Mapping[int, usuals.Hours] = {}
    before: Mapping[int, usuals.Hours] = {}
    weeks: Mapping[int, Weeks] = {}
    years: Mapping[int, usuals.Year] = {}
    land: Sequence[Mapping[str, Any]] = ()
    quiet: Mapping[int, str] = {}
    linked: bool = True


async def feed(visit: Visit, *, definitions: Sequence[Definition]) -> list[Fed]:
    """The visible datastreams of each tile."""
    wanted = {
        Wanted(property_, type_)
        for d in definitions
        for property_ in d.properties
        for type_ in (d.types or (None,))
    }
    ids = sorted({id_ for d in definitions for id_ in d.streams})
    ordered = sorted(wanted, key=lambda w: (w.definition, w.type or ""))
    found = await streams_of.chosen(visit, wanted=ordered, ids=ids) if wanted or ids else []
    return [Fed(d, [s for s in found if _feeds(s, d)]) for d in definitions]


def _feeds(stream: Stream, definition: Definition) -> bool:
    if stream.multi:
        return False
    fits = not definition.types or stream.site.properties.get("type") in definition.types
    return stream.id in definition.streams or (fits and stream.definition in definition.properties)


async def read(
    visit: Visit, *, fed: Sequence[Fed], linked: bool = True, closer: Sequence[Stream] = ()
) -> Known:
    """The histories that the tiles need, in a few statements however many tiles there are.

    `closer`: series of which hours and what is usual are needed besides.
    """
    zone = visit.city.zone
    today = visit.now.astimezone(zone).date()
    by_usual = _ids(fed, _BY_USUAL, closer)
    midnight = usuals.local_day(today, zone=zone)[0]
    counts = [*_streams(fed, ("flow",)), *(s for s in closer if s.kind == "count")]
    silent = sorted({s.id for s in counts if not s.at or s.at.astimezone(zone) < midnight + _HOUR})
    return Known(
        linked=linked,
        quiet=await silence.meanings(visit, _streams(fed, _BY_PLACES)),
        hours=await _hours(visit, fed=fed, closer=closer),
        usual=await usuals.each(visit.connection, datastream_ids=by_usual, day=today, zone=zone),
        before=await usuals.each(visit.connection, datastream_ids=silent, day=today - _DAY, zone=zone),
        weeks=await _weeks(visit, ids=_ids(fed, ("free",))),
        years=await usuals.years(
            visit.connection, datastream_ids=_ids(fed, ("level",)), until=visit.now, zone=zone
        ),
        land=await ground.outlines(visit) if any(f.definition.form == "places" for f in fed) else (),
    )


async def _hours(
    visit: Visit, *, fed: Sequence[Fed], closer: Sequence[Stream]
) -> dict[int, list[series.Point]]:
    """Today's and yesterday's hours where the tiles look at a day; elsewhere the last ones."""
    counted = (s for s in _streams(fed, ("ranking",)) if s.kind == "count")
    whole = _ids(fed, _BY_HOUR, (*closer, *counted))
    last = sorted(set(_ids(fed, _BY_LAST)) - set(whole))
    yesterday = visit.now.astimezone(visit.city.zone).date() - _DAY
    start = min(usuals.local_day(yesterday, zone=visit.city.zone)[0], visit.now - _DAY)
    found: dict[int, list[series.Point]] = {}
    for ids, since in ((whole, start), (last, visit.now - _LAST)):
        if ids:
            found |= await series.hourly(visit.connection, datastream_ids=ids, start=since, end=visit.now)
    return found


async def _weeks(visit: Visit, *, ids: Sequence[int]) -> dict[int, Weeks]:
    """The means of this hour of this weekday in the past weeks."""
    if not ids:
        return {}
    local = visit.now.astimezone(visit.city.zone).replace(minute=0, second=0, microsecond=0)
    hours = [local - timedelta(weeks=week) for week in range(1, usuals.WEEKS + 1)]
    values: dict[str, Any] = {"ids": list(ids), "hours": hours}
    cursor = await visit.connection.execute(statements.load("insights")["means_at"], values)
    found: dict[int, dict[datetime, float]] = {}
    for id_, start, mean in await cursor.fetchall():
        found.setdefault(id_, {})[start] = mean
    return dict(found)


def _ids(fed: Iterable[Fed], forms: tuple[Form, ...], besides: Sequence[Stream] = ()) -> list[int]:
    return sorted({s.id for s in (*_streams(fed, forms), *besides)})


def _streams(fed: Iterable[Fed], forms: tuple[Form, ...]) -> Iterator[Stream]:
    return (s for each in fed if each.definition.form in forms for s in each.streams)
