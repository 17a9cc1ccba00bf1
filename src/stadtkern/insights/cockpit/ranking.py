# SPDX-License-Identifier: EUPL-1.2
"""Tiles that put places in an order: by what they counted today, or by their newest value."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from django.urls import reverse
from django.utils.translation import gettext

from stadtkern.insights import usual
from stadtkern.insights.cockpit import flow
from stadtkern.insights.cockpit.known import Fed, Known
from stadtkern.insights.cockpit.stock import together
from stadtkern.insights.cockpit.tile import Row, Tile, abouts, late_after, newest, numeric
from stadtkern.insights.streams import Stream
from stadtkern.ui import charts, formats
from stadtkern.ui.visit import Visit


class _Place(NamedTuple):
    stream: Stream
    value: float


def tile(visit: Visit, fed: Fed, known: Known) -> Tile:
    """The first places; those that are silent take no part."""
    definition, streams = fed.definition, flow.finest(fed.streams)
    counts = all(s.kind == "count" for s in streams)
    fresh, note = together(streams, definition, known, visit=visit, mixed=counts)
    places = [
        _Place(s, value)
        for s in fresh
        if (value := _today(visit, s, known) if counts else numeric(s)) is not None
    ]
    places.sort(key=lambda p: (-p.value if definition.above else p.value, p.stream.site.name))
    return Tile(
        key=definition.key,
        title=formats.words(definition.title),
        says="" if places else gettext("Zurzeit meldet kein Ort."),
        rows=_rows(places[: definition.most], counts=counts),
        at=newest(streams),
        late_after=late_after(streams),
        datasets=abouts(streams),
        note=gettext("gezählt heute") if counts and places else note,
        streams=[s.id for s in streams],
    )


def _today(visit: Visit, stream: Stream, known: Known) -> float | None:
    zone = visit.city.zone
    start, _ = usual.local_day(visit.now.astimezone(zone).date(), zone=zone)
    totals = [p.total for p in known.hours.get(stream.id, ()) if p.start >= start and p.total is not None]
    return sum(totals) if totals else None


def _rows(places: Sequence[_Place], *, counts: bool) -> list[Row]:
    largest = max((abs(p.value) for p in places), default=0.0)
    return [
        Row(
            name=place.stream.site.name,
            url=reverse("datastream", args=[place.stream.id]),
            value=_value(place, counts=counts),
            bar=charts.share(max(place.value, 0.0) / largest if largest else 0.0, title=""),
        )
        for place in places
    ]


def _value(place: _Place, *, counts: bool) -> str:
    digits = 0 if counts else place.stream.digits
    unit = "" if counts else place.stream.symbol
    return f"{formats.number(place.value, digits=digits)} {unit}".strip()
