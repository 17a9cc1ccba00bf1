# SPDX-License-Identifier: EUPL-1.2
"""What feeds a tile: its series, and what they are called."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

from django.utils.translation import gettext, ngettext

from stadtkern.insights import streams
from stadtkern.insights.boards.sources import Source
from stadtkern.insights.cockpit import mapped
from stadtkern.insights.streams import Stream, Wanted
from stadtkern.ui.visit import Visit

_TITLE = 80
_NOTHING: Source = {"properties": (), "streams": (), "types": ()}


class Feed(NamedTuple):
    """A part of what feeds a tile, in words, and the source that names it alone."""

    name: str
    source: Source
    gone: bool = False


async def said(visit: Visit, source: Source) -> list[str]:
    """What feeds a tile, in words."""
    return [each.name for each in await feeds(visit, source) if not each.gone]


async def feeds(visit: Visit, source: Source) -> list[Feed]:
    """What feeds a tile, piece by piece; series that this person cannot see, or nobody any more, are gone."""
    found = await read(visit, source)
    by_property = [s for s in found if s.definition in source["properties"]]
    names = {s.definition: s.property_name for s in by_property}
    several = [
        Feed(
            _counted(name, sum(s.definition == definition for s in by_property)),
            {**_NOTHING, "properties": (definition,)},
        )
        for definition, name in names.items()
    ]
    series = {s.id: line(s)["name"] for s in found}
    return several + [
        Feed(series.get(one) or _gone(one), {**_NOTHING, "streams": (one,)}, gone=one not in series)
        for one in source["streams"]
    ]


async def read(visit: Visit, source: Source) -> Sequence[Stream]:
    """The series that somebody may see."""
    wanted = [Wanted(p, t) for p in source["properties"] for t in (source["types"] or (None,))]
    if not wanted and not source["streams"]:
        return []
    return await streams.chosen(visit, wanted=wanted, ids=list(source["streams"]))


async def title(visit: Visit, source: Source) -> str:
    """A title to start from: what is observed, or the one place; nothing where there is no such data."""
    found = await read(visit, source)
    return (found[0].property_name or found[0].name)[:_TITLE] if found else ""


def line(stream: Stream) -> dict[str, Any]:
    """A series to choose: its number, its name with its place, its newest value."""
    name = stream.name if stream.site.name in stream.name else f"{stream.name}, {stream.site.name}"
    return {"id": stream.id, "name": name, "value": mapped.value_of(stream)}


def _counted(name: str, n: int) -> str:
    return ngettext("%(name)s (%(n)s Messreihe)", "%(name)s (%(n)s Messreihen)", n) % {"name": name, "n": n}


def _gone(number: int) -> str:
    return gettext("Messreihe %(id)s: Es gibt sie nicht mehr, oder Sie dürfen sie nicht sehen.") % {
        "id": number
    }
