# SPDX-License-Identifier: EUPL-1.2
"""Puts the tiles of the cockpit together: one read of the datastreams, then each tile its own."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import NamedTuple

import msgspec

from stadtkern.insights import streams as streams_of
from stadtkern.insights.cockpit import definitions, flow, places, state, stock
from stadtkern.insights.cockpit.definitions import Definition
from stadtkern.insights.cockpit.tile import Tile
from stadtkern.insights.streams import Stream
from stadtkern.ui.visit import Visit

_FORMS: Mapping[str, Callable[..., Awaitable[Tile]]] = {
    "flow": flow.tile,
    "places": places.tile,
    "free": stock.free,
    "bays": stock.bays,
    "low": state.low,
    "level": state.level,
}


class Prepared(NamedTuple):
    """A tile's definition with the datastreams that feed it and its width in columns."""

    definition: Definition
    streams: Sequence[Stream]
    columns: int


async def tiles(visit: Visit) -> list[Tile]:
    """All tiles for which there are datastreams."""
    return [await _make(visit, prepared) for prepared in await _prepare(visit)]


async def tile(visit: Visit, *, key: str) -> Tile | None:
    """One tile by its key."""
    for prepared in await _prepare(visit):
        if prepared.definition.key == key:
            return await _make(visit, prepared)
    return None


async def _make(visit: Visit, prepared: Prepared) -> Tile:
    definition, fitting, columns = prepared
    made = await _FORMS[definition.form](visit, definition=definition, streams=fitting)
    return msgspec.structs.replace(made, columns=columns)


async def _prepare(visit: Visit) -> list[Prepared]:
    chosen = definitions.tiles(visit.city.properties)
    wanted = sorted({name for definition in chosen for name in definition.properties})
    known = await streams_of.by_property(visit, definitions=wanted) if wanted else []
    fitting = [(d, [s for s in known if _feeds(s, d)]) for d in chosen]
    filled = [(d, found) for d, found in fitting if found]
    widths = iter(columns(sum(not d.wide for d, _ in filled)))
    return [Prepared(d, found, 6 if d.wide else next(widths)) for d, found in filled]


def _feeds(stream: Stream, definition: Definition) -> bool:
    fits = not definition.types or stream.site.properties.get("type") in definition.types
    return fits and stream.definition in definition.properties and not stream.multi


def columns(narrow: int) -> list[int]:
    """Widths for so many small tiles that fill their rows of twelve columns."""
    even = narrow if narrow in (3, 6) else -narrow % 4 * 3
    threes, twos = {1: (0, 1), 2: (0, 2), 5: (3, 2)}.get(narrow, (even, 0))
    return [3] * (narrow - threes - twos) + [4] * threes + [6] * twos
