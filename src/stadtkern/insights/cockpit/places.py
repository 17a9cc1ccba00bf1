# SPDX-License-Identifier: EUPL-1.2
"""The tile that shows where: places as circles, their area the last hour."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta

from django.urls import reverse
from django.utils.translation import gettext

from stadtkern.core import statements
from stadtkern.insights.cockpit import flow
from stadtkern.insights.cockpit.definitions import Definition
from stadtkern.insights.cockpit.tile import Tile, abouts, newest
from stadtkern.insights.streams import Stream
from stadtkern.ui import formats, ground, maps
from stadtkern.ui.visit import Visit

_BACK = timedelta(hours=3)


async def tile(visit: Visit, *, definition: Definition, streams: Sequence[Stream]) -> Tile:
    """Circles for what each place counted in its last full hour."""
    streams = flow.finest(streams)
    last = await _last_hours(visit, streams=streams)
    noun = formats.words(definition.noun)
    spots = [
        maps.Spot(
            lon=point[0],
            lat=point[1],
            value=last.get(s.id),
            label=_label(s, last.get(s.id), noun),
            url=reverse("thing", args=[s.site.id]),
        )
        for s in streams
        if (point := s.site.point)
    ]
    title = formats.words(definition.title)
    return Tile(
        key=definition.key,
        title=title,
        picture=maps.draw(
            land=await ground.outlines(visit),
            spots=spots,
            title=title,
            name=f"map-{definition.key}",
            class_="sk-map sk-map--tile",
        ),
        at=newest(streams),
        datasets=abouts(streams),
        link=reverse("map"),
        note=gettext("Kreisfläche: %(noun)s in der letzten vollen Stunde") % {"noun": noun},
        wide=definition.wide,
    )


async def _last_hours(visit: Visit, *, streams: Sequence[Stream]) -> dict[int, float]:
    """The total of the newest full hour of each stream, if it is not long ago."""
    until = visit.now.replace(minute=0, second=0, microsecond=0)
    values = {"ids": [s.id for s in streams], "start": until - _BACK, "until": until}
    rows = await (
        await visit.connection.execute(statements.load("insights")["day_by_hour"], values)
    ).fetchall()
    return {row[1]: float(row[3]) for row in rows}


def _label(stream: Stream, value: float | None, noun: str) -> str:
    said = gettext("keine Messwerte") if value is None else f"{formats.number(value, digits=0)} {noun}"
    return f"{stream.site.name}: {said}"
