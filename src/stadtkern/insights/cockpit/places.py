# SPDX-License-Identifier: EUPL-1.2
"""The tile that shows where: places as circles, their area the last hour."""

from __future__ import annotations

from datetime import timedelta

from django.urls import reverse
from django.utils.translation import gettext

from stadtkern.insights.cockpit import flow
from stadtkern.insights.cockpit.known import Fed, Known
from stadtkern.insights.cockpit.tile import Tile, abouts, late_after, newest
from stadtkern.insights.streams import Stream
from stadtkern.ui import formats, maps
from stadtkern.ui.visit import Visit

_BACK = timedelta(hours=3)


def tile(visit: Visit, fed: Fed, known: Known) -> Tile:
    """Circles for what each place counted in its last full hour; for what is no count, its mean."""
    definition, streams = fed.definition, flow.finest(fed.streams)
    last = {s.id: _last_hour(visit, s, known) for s in streams}
    noun = formats.words(definition.noun)
    spots = [
        maps.Spot(
            lon=point[0],
            lat=point[1],
            value=last.get(s.id),
            label=_label(s, last.get(s.id), noun),
            url=reverse("thing", args=[s.site.id]) if known.linked else "",
        )
        for s in streams
        if (point := s.site.point)
    ]
    title = formats.words(definition.title)
    return Tile(
        key=definition.key,
        title=title,
        picture=maps.draw(
            land=known.land, spots=spots, title=title, name=f"map-{definition.key}",
            class_="sk-map sk-map--tile",
        ),
        at=newest(streams),
        late_after=late_after(streams),
        datasets=abouts(streams),
        link=reverse("map"),
        note=gettext("Kreisfläche: %(noun)s in der letzten vollen Stunde")
        % {"noun": noun or gettext("Mittel")},
    )  # fmt: skip


def _last_hour(visit: Visit, stream: Stream, known: Known) -> float | None:
    """The newest full hour, if it is not long ago."""
    until = visit.now.replace(minute=0, second=0, microsecond=0)
    found = [p for p in known.hours.get(stream.id, ()) if until - _BACK <= p.start < until]
    if not found:
        return None
    return found[-1].total if stream.kind == "count" else found[-1].mean


def _label(stream: Stream, value: float | None, noun: str) -> str:
    said = gettext("keine Messwerte") if value is None else f"{formats.number(value, digits=0)} {noun}"
    return f"{stream.site.name}: {said}"
