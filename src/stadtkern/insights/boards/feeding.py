# SPDX-License-Identifier: EUPL-1.2
"""What feeds a tile: its series, and what they are called."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.utils.translation import ngettext

from stadtkern.insights import streams
from stadtkern.insights.boards.sources import Source
from stadtkern.insights.cockpit import mapped
from stadtkern.insights.streams import Stream, Wanted
from stadtkern.ui.visit import Visit

_TITLE = 80


async def said(visit: Visit, source: Source) -> list[str]:
    """What feeds a tile, in words."""
    found = await read(visit, source)
    by_property = [s for s in found if s.definition in source["properties"]]
    names = {s.definition: s.property_name for s in by_property}
    said = [
        _counted(name, sum(s.definition == definition for s in by_property))
        for definition, name in names.items()
    ]
    return said + [line(s)["name"] for s in found if s.id in source["streams"]]


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
