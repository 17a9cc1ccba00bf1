# SPDX-License-Identifier: EUPL-1.2
"""What experts see below a tile: its places one by one, now, against the usual, over the last day."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

from django.urls import reverse
from django.utils.translation import gettext

from stadtkern.insights.cockpit import flow, mapped
from stadtkern.insights.cockpit.definitions import PLAIN, Form
from stadtkern.insights.cockpit.known import Fed, Known
from stadtkern.insights.cockpit.tile import Details, Place
from stadtkern.insights.streams import Stream
from stadtkern.things.series import Point
from stadtkern.ui import formats
from stadtkern.ui.visit import Visit

# So many places stand below a tile; the others are on its own page.
MOST = 8
_DAY = timedelta(days=1)
# Where one series a place is enough, as its others count the same.
_FINEST: tuple[Form, ...] = ("flow", "ranking", "places")


def chosen(visit: Visit, fed: Sequence[Fed]) -> dict[str, list[Stream]]:
    """The series with a line below each tile, those that report first; what is said once is not repeated."""
    found: dict[str, list[Stream]] = {}
    said: set[int] = set()
    for each in fed:
        streams = _all(visit, each)[:MOST]
        if not said.issuperset(stream.id for stream in streams):
            found[each.definition.key] = streams
            said.update(stream.id for stream in streams)
    return found


def _all(visit: Visit, fed: Fed) -> list[Stream]:
    if fed.definition.form in PLAIN:
        return []
    found = flow.finest(fed.streams) if fed.definition.form in _FINEST else fed.streams
    return sorted(found, key=lambda stream: (_silent(stream, now=visit.now), stream.site.name, stream.id))


def _silent(stream: Stream, *, now: datetime) -> bool:
    return stream.at is None or now - stream.at > stream.late_after


def details(visit: Visit, fed: Fed, known: Known, *, streams: Sequence[Stream]) -> Details:
    """What stands below a tile: a line for each of these series."""
    several = len({stream.site.id for stream in streams}) < len(streams)
    return Details(
        places=[_place(visit, stream, known, several=several) for stream in streams],
        more=len(_all(visit, fed)) - len(streams),
        counts=all(stream.kind == "count" for stream in streams),
    )


def _place(visit: Visit, stream: Stream, known: Known, *, several: bool) -> Place:
    counted = flow.read(visit, streams=[stream], known=known) if stream.kind == "count" else None
    said = mapped.value_of(stream) or "–"
    value = said.removesuffix(f" {stream.symbol}") if stream.symbol and not counted else said
    name = f"{stream.site.name}, {stream.short_name}" if several else stream.site.name
    return Place(
        name=name,
        url=reverse("datastream", args=[stream.id]),
        value=_counted(counted) if counted else value,
        unit=stream.symbol if value != said else "",
        usual=_so_far(counted) if counted else _usual(visit, stream, known),
        day=_day(visit, stream, known),
        at=stream.at,
        late_after=stream.late_after,
    )


def _counted(found: flow.Flow) -> str:
    if not found.by_hour:
        return "–"
    total = formats.number(found.total, digits=0)
    return total if found.today else gettext("%(total)s gestern") % {"total": total}


def _so_far(found: flow.Flow) -> str:
    usual = sum(found.expected.get(hour, 0.0) for hour in range(found.complete))
    return formats.number(usual, digits=0) if found.expected else ""


def _usual(visit: Visit, stream: Stream, known: Known) -> str:
    hour = visit.now.astimezone(visit.city.zone).hour
    expected = known.usual.get(stream.id, {}).get(hour)
    return "" if expected is None or stream.what.states else _number(expected.mean, stream)


def _day(visit: Visit, stream: Stream, known: Known) -> str:
    points = [p for p in known.hours.get(stream.id, ()) if p.start >= visit.now - _DAY]
    if stream.kind == "count":
        totals = [p.total for p in points if p.total is not None]
        return formats.number(sum(totals), digits=0) if totals else ""
    return "" if stream.what.states else _span(points, stream)


def _span(points: Sequence[Point], stream: Stream) -> str:
    lows = [p.minimum for p in points if p.minimum is not None]
    highs = [p.maximum for p in points if p.maximum is not None]
    if not lows or not highs:
        return ""
    low, high = _number(min(lows), stream), _number(max(highs), stream)
    return low if low == high else gettext("%(low)s bis %(high)s") % {"low": low, "high": high}


def _number(value: float, stream: Stream) -> str:
    digits = formats.fitting_digits(value) if stream.digits is None else stream.digits
    return formats.number(value, digits=digits)
