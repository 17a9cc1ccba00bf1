# SPDX-License-Identifier: EUPL-1.2
"""Tiles of what is free now: spaces in car parks, single bays."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Sequence
from datetime import datetime
from statistics import median

from django.utils.html import format_html
from django.utils.translation import gettext, ngettext

from stadtkern.insights import streams as streams_of
from stadtkern.insights.cockpit import mapped
from stadtkern.insights.cockpit.definitions import Definition
from stadtkern.insights.cockpit.known import Fed, Known
from stadtkern.insights.cockpit.tile import (
    Live,
    Tile,
    abouts,
    address,
    late_after,
    newest,
    numeric,
    remembered,
)
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


def together(
    streams: Sequence[Stream], definition: Definition, known: Known, *, visit: Visit, mixed: bool = False
) -> tuple[list[Stream], str]:
    """Those that report, in the unit of most (of equally many, of the oldest), and what to say of the others.

    `mixed`: the unit does not matter.
    """
    reporting = fresh_ones(streams, visit=visit)
    silent = missing(reporting, streams, definition, known)
    units = Counter(s.symbol for s in sorted(reporting, key=lambda s: s.id)).most_common()
    if mixed or len(units) < 2:
        return reporting, silent
    said = [
        ngettext("%(n)s Ort misst anders: %(unit)s.", "%(n)s Orte messen anders: %(unit)s.", n)
        % {"n": n, "unit": unit or gettext("ohne Einheit")}
        for unit, n in units[1:]
    ]
    return [s for s in reporting if s.symbol == units[0][0]], " ".join(filter(None, (silent, *said)))


def _capacity(stream: Stream) -> float:
    return streams_of.amount(stream.site.properties.get("capacity")) or streams_of.amount(
        stream.properties.get("capacity")
    )


def free(visit: Visit, fed: Fed, known: Known) -> Tile:
    """What is left of a capacity, such as spaces in car parks, against the usual at this hour."""
    definition, streams = fed.definition, fed.streams
    fresh = fresh_ones(streams, visit=visit)
    with_capacity = [s for s in fresh if _capacity(s) > 0]
    left = sum(numeric(s) or 0.0 for s in fresh)
    capacity = sum(_capacity(s) for s in with_capacity)
    taken = 1 - sum(numeric(s) or 0.0 for s in with_capacity) / capacity if capacity else None
    expected = _usual_taken(with_capacity, known)
    says = ""
    if taken is not None:
        taken = min(1.0, max(0.0, taken))
        says = _taken_sentence(taken, expected)
    title = formats.words(definition.title)
    return Tile(
        key=definition.key,
        title=title,
        figure=formats.number(left, digits=0) if fresh else "–",
        behind=formats.words(definition.noun) or gettext("frei"),
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
        note=missing(fresh, streams, definition, known),
        url=address(streams),
    )


def missing(fresh: Sequence[Stream], streams: Sequence[Stream], definition: Definition, known: Known) -> str:
    """How many places report, and what it means that others do not, such as closed."""
    reporting = {s.id for s in fresh}
    meant = Counter(known.quiet[s.id] for s in streams if s.id not in reporting and s.id in known.quiet)
    if len(fresh) == len(streams) or not (fresh or meant):
        return ""
    if means := not fresh and len(streams) > 1 and resting(streams, known):
        places = formats.words(definition.places) or gettext("Orten")
        return gettext("An allen %(n)s %(places)s: %(meaning)s.") % {
            "n": len(streams), "places": places, "meaning": means,
        }  # fmt: skip
    said = gettext("%(n)s von %(all)s %(places)s melden gerade.") % {
        "n": len(fresh),
        "all": len(streams),
        "places": formats.words(definition.places) or gettext("Orten"),
    }
    if sum(meant.values()) == len(streams) - len(fresh) and len(meant) == 1:
        return f"{said} {gettext('Die übrigen: %(meaning)s.') % {'meaning': next(iter(meant))}}"
    parts = [gettext("%(meaning)s: %(n)s.") % {"meaning": text, "n": n} for text, n in meant.items()]
    return " ".join([said, *parts])


def resting(streams: Sequence[Stream], known: Known) -> str:
    """What it means that none of the series reports, where it means the same of all."""
    meant = {known.quiet.get(stream.id, "") for stream in streams}
    return meant.pop() if len(meant) == 1 else ""


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


def _usual_taken(streams: Sequence[Stream], known: Known) -> float | None:
    """The usual share taken at this hour of this weekday; None when too little is known."""
    everything = sum(_capacity(s) for s in streams)
    left, present = defaultdict[datetime, float](float), defaultdict[datetime, float](float)
    for stream in streams:
        for start, mean in known.weeks.get(stream.id, {}).items():
            left[start] += mean
            present[start] += _capacity(stream)
    shares = [left[at] / size for at, size in present.items() if size >= everything * _PRESENT]
    return min(1.0, max(0.0, 1 - median(shares))) if len(shares) >= _ENOUGH else None


def bays(visit: Visit, fed: Fed, known: Known) -> Tile:
    """How many of some places have a state, such as free; of one place, its state in a word."""
    definition, streams = fed.definition, fed.streams
    fresh = [s for s in streams if s.last_time and visit.now - (s.at or s.last_time) <= s.late_after]
    fitting = [s for s in fresh if _fits(s, definition)]
    several = len(streams) > 1
    return Tile(
        key=definition.key,
        title=formats.words(definition.title),
        figure=_bays_figure(fresh, fitting, definition, several=several),
        says=_where(fitting, fresh, definition) if fresh and several else "",
        picture=charts.share(len(fitting) / len(fresh), title=gettext("Anteil")) if fresh and several else "",
        at=newest(streams),
        late_after=late_after(streams),
        datasets=abouts(streams),
        note=missing(fresh, streams, definition, known),
        url=address(streams),
        streams=[s.id for s in streams],
    )


def _fits(stream: Stream, definition: Definition) -> bool:
    return stream.result in ((1, True, "occupied") if definition.above else (0, False, "free"))


def _bays_figure(
    fresh: Sequence[Stream], fitting: Sequence[Stream], definition: Definition, *, several: bool
) -> str:
    if not fresh:
        return "–"
    if several:
        return gettext("%(free)s von %(all)s") % {"free": len(fitting), "all": len(fresh)}
    noun = formats.words(definition.noun)
    if not noun:
        return mapped.value_of(fresh[0]) or "–"
    return noun if fitting else gettext("nicht %(noun)s") % {"noun": noun}


def _where(fitting: Sequence[Stream], fresh: Sequence[Stream], definition: Definition) -> str:
    noun = formats.words(definition.noun)
    if not noun:
        return _where_free(fitting, everything=len(fitting) == len(fresh))
    return f"{noun}: {', '.join(_names(fitting))}" if fitting else ""


def _names(found: Sequence[Stream], most: int = 2) -> list[str]:
    return [s.site.name.removeprefix("Behindertenstellplatz ") for s in found[:most]]


def _where_free(open_bays: Sequence[Stream], *, everything: bool) -> str:
    """Names of free bays; the tile's title already says what they are."""
    if everything:
        return gettext("Zurzeit sind alle frei.")
    if not open_bays:
        return gettext("Zurzeit sind alle belegt.")
    names = _names(open_bays)
    more = len(open_bays) - len(names)
    text = gettext("Frei sind: %(names)s") % {"names": ", ".join(names)}
    return (
        f"{text}."
        if more < 1
        else ngettext("%(text)s und %(n)s weiterer.", "%(text)s und %(n)s weitere.", more)
        % {"text": text, "n": more}
    )
