# SPDX-License-Identifier: EUPL-1.2
"""Tiles of what is free now: spaces in car parks, single bays."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from statistics import median

from django.utils.html import format_html
from django.utils.translation import gettext, ngettext

from stadtkern.core import statements
from stadtkern.insights import usual
from stadtkern.insights.cockpit.definitions import Definition
from stadtkern.insights.cockpit.tile import Live, Tile, abouts, late_after, newest, numeric, remembered
from stadtkern.insights.streams import Stream
from stadtkern.ui import charts, formats
from stadtkern.ui.visit import Visit

_SAME = 0.05
_ENOUGH = 3
_PRESENT = 0.6


def fresh_ones(streams: Sequence[Stream], *, visit: Visit) -> list[Stream]:
    return [
        s
        for s in streams
        if s.last_time and visit.now - (s.at or s.last_time) <= s.late_after and numeric(s) is not None
    ]


def _capacity(stream: Stream) -> float:
    given = stream.site.properties.get("capacity") or stream.properties.get("capacity") or 0
    return float(given)


async def free(visit: Visit, *, definition: Definition, streams: Sequence[Stream]) -> Tile:
    """What is left of a capacity, such as spaces in car parks, against the usual at this hour."""
    fresh = fresh_ones(streams, visit=visit)
    with_capacity = [s for s in fresh if _capacity(s) > 0]
    left = sum(numeric(s) or 0.0 for s in fresh)
    capacity = sum(_capacity(s) for s in with_capacity)
    taken = 1 - sum(numeric(s) or 0.0 for s in with_capacity) / capacity if capacity else None
    expected = await _usual_taken(visit, streams=with_capacity)
    says = ""
    if taken is not None:
        taken = min(1.0, max(0.0, taken))
        says = _taken_sentence(taken, expected)
    title = formats.words(definition.title)
    return Tile(
        key=definition.key,
        title=title,
        figure=formats.number(left, digits=0) if fresh else "–",
        behind=gettext("frei"),
        says=says,
        picture=charts.share(
            taken,
            usual=expected,
            title=gettext("%(share)s belegt") % {"share": formats.percent(taken)},
        )
        if taken is not None
        else "",
        live=Live(values=remembered(fresh)) if fresh else None,
        at=newest(streams),
        late_after=late_after(streams),
        datasets=abouts(streams),
        note=missing(fresh, streams, definition),
    )


def missing(fresh: Sequence[Stream], streams: Sequence[Stream], definition: Definition) -> str:
    if len(fresh) == len(streams) or not fresh:
        return ""
    return gettext("%(n)s von %(all)s %(places)s melden gerade.") % {
        "n": len(fresh),
        "all": len(streams),
        "places": formats.words(definition.places),
    }


def _taken_sentence(taken: float, expected: float | None) -> str:
    share = gettext("%(share)s belegt") % {"share": formats.percent(taken)}
    if expected is None:
        return f"{share}."
    if abs(taken - expected) < _SAME:
        return format_html("{}, <strong>{}</strong>.", share, gettext("üblich für diese Zeit"))
    points = formats.number(abs(taken - expected) * 100, digits=0)
    text = (
        gettext("%(points)s Punkte mehr als sonst")
        if taken > expected
        else gettext("%(points)s Punkte weniger als sonst")
    )
    return format_html(
        '{}, <strong class="sk-differs">{}</strong> {}.',
        share,
        text % {"points": points},
        gettext("um diese Zeit"),
    )


async def _usual_taken(visit: Visit, *, streams: Sequence[Stream]) -> float | None:
    """The usual share taken at this hour of this weekday; None when too little is known."""
    if not streams:
        return None
    local = visit.now.astimezone(visit.city.zone).replace(minute=0, second=0, microsecond=0)
    hours = [local - timedelta(weeks=week) for week in range(1, usual.WEEKS + 1)]
    values = {
        "ids": [s.id for s in streams],
        "capacities": [_capacity(s) for s in streams],
        "hours": hours,
        "least": sum(_capacity(s) for s in streams) * _PRESENT,
    }
    rows = await (
        await visit.connection.execute(statements.load("insights")["shares_left"], values)
    ).fetchall()
    if len(rows) < _ENOUGH:
        return None
    left: float = median(row[0] for row in rows)
    return min(1.0, max(0.0, 1 - left))


async def bays(visit: Visit, *, definition: Definition, streams: Sequence[Stream]) -> Tile:
    """How many of some places are free; a value of 0 (or false) means free."""
    fresh = [s for s in streams if s.last_time and visit.now - (s.at or s.last_time) <= s.late_after]
    open_bays = [s for s in fresh if s.result in (0, False, "free")]
    return Tile(
        key=definition.key,
        title=formats.words(definition.title),
        figure=gettext("%(free)s von %(all)s") % {"free": len(open_bays), "all": len(fresh)}
        if fresh
        else "–",
        says=_where_free(open_bays, everything=len(open_bays) == len(fresh)) if fresh else "",
        picture=charts.share(len(open_bays) / len(fresh), title=gettext("Anteil frei")) if fresh else "",
        live=None,
        at=newest(streams),
        late_after=late_after(streams),
        datasets=abouts(streams),
        note=missing(fresh, streams, definition),
        streams=[s.id for s in streams],
    )


def _where_free(open_bays: Sequence[Stream], *, everything: bool) -> str:
    """Names of free bays; the tile's title already says what they are."""
    if everything:
        return gettext("Zurzeit sind alle frei.")
    if not open_bays:
        return gettext("Zurzeit sind alle belegt.")
    names = [s.site.name.removeprefix("Behindertenstellplatz ") for s in open_bays[:2]]
    more = len(open_bays) - len(names)
    text = gettext("Frei sind: %(names)s") % {"names": ", ".join(names)}
    return (
        f"{text}."
        if more < 1
        else ngettext("%(text)s und %(n)s weiterer.", "%(text)s und %(n)s weitere.", more)
        % {"text": text, "n": more}
    )
