# SPDX-License-Identifier: EUPL-1.2
"""Puts the tiles of the cockpit together: one read of the datastreams, then each tile its own."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping

from stadtkern.insights import streams as streams_of
from stadtkern.insights.cockpit import daily, definitions, flow, places, stock
from stadtkern.insights.cockpit.definitions import Definition
from stadtkern.insights.cockpit.tile import Tile
from stadtkern.ui.visit import Visit

_FORMS: Mapping[str, Callable[..., Awaitable[Tile]]] = {
    "flow": flow.tile,
    "places": places.tile,
    "free": stock.free,
    "bays": stock.bays,
    "low": stock.low,
    "level": stock.level,
    "day": daily.tile,
}


async def tiles(visit: Visit) -> list[Tile]:
    """All tiles for which there are datastreams."""
    return await _make(visit, definitions.tiles(visit.city.properties))


async def tile(visit: Visit, *, key: str) -> Tile | None:
    """One tile by its key."""
    chosen = [d for d in definitions.tiles(visit.city.properties) if d.key == key]
    found = await _make(visit, chosen)
    return found[0] if found else None


async def _make(visit: Visit, chosen: tuple[Definition, ...] | list[Definition]) -> list[Tile]:
    wanted = sorted({name for definition in chosen for name in definition.properties})
    known = await streams_of.by_property(visit, definitions=wanted) if wanted else []
    made = []
    for definition in chosen:
        fitting = [s for s in known if s.definition in definition.properties and not s.multi]
        if fitting:
            made.append(await _FORMS[definition.form](visit, definition=definition, streams=fitting))
    return made
