# SPDX-License-Identifier: EUPL-1.2
"""Puts the tiles of a board together: what they need is read for all at once, then each says its own."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Mapping, Sequence

import msgspec

from stadtkern.insights.cockpit import details, flow, known, places, plain, ranking, state, stock, value
from stadtkern.insights.cockpit.definitions import PLAIN, Content, Definition
from stadtkern.insights.cockpit.known import Fed, Known
from stadtkern.insights.cockpit.tile import Tile
from stadtkern.ui import formats
from stadtkern.ui.visit import Visit

_FORMS: Mapping[str, Callable[[Visit, Fed, Known], Tile]] = {
    "flow": flow.tile,
    "value": value.tile,
    "level": state.level,
    "gauge": value.gauge,
    "free": stock.free,
    "bays": stock.bays,
    "low": state.low,
    "ranking": ranking.tile,
    "places": places.tile,
    "countdown": plain.countdown,
    "text": plain.text,
}


class Shown(msgspec.Struct, frozen=True, kw_only=True):
    """A group with the tiles that have something to show. `empty`: those that have nothing."""

    key: str
    title: str
    tiles: Sequence[Tile]
    empty: Sequence[Definition] = ()


async def groups(
    visit: Visit, *, key: str, content: Content, linked: bool = True, closer: bool = False
) -> list[Shown]:
    """The groups of a board; tiles without data for this visitor are left out, and so are empty groups.

    `closer`: with each place behind the tiles, for experts.
    """
    shown = await arranged(visit, key=key, content=content, linked=linked, closer=closer)
    return [group for group in shown if group.tiles]


async def arranged(
    visit: Visit, *, key: str, content: Content, linked: bool = True, closer: bool = False
) -> list[Shown]:
    """All groups of a board, as its editors need them."""
    made = await _made(visit, key=key, definitions=list(content.tiles), linked=linked, closer=closer)
    return [
        Shown(
            key=group.key,
            title=formats.words(group.title),
            tiles=_spread([made[d.key] for d in group.tiles if d.key in made]),
            empty=[d for d in group.tiles if d.key not in made],
        )
        for group in content.groups
    ]


async def tile(
    visit: Visit, *, key: str, content: Content, tile_key: str, closer: bool = False
) -> Tile | None:
    """One tile as it stands on its board; None where it has nothing to show."""
    group = next((g for g in content.groups if any(d.key == tile_key for d in g.tiles)), None)
    if group is None:
        return None
    # The width of a tile follows from those beside it.
    fed = await known.feed(visit, definitions=group.tiles)
    filled = [each for each in fed if each.streams or each.definition.form in PLAIN]
    chosen = [each for each in filled if each.definition.key == tile_key]
    if not chosen:
        return None
    made = await _tiles(visit, key=key, fed=chosen, closer=closer)
    beside = [Tile(key=each.definition.key, title="", wide=closer or each.definition.wide) for each in filled]
    width = next(t.columns for t in _spread(beside) if t.key == tile_key)
    return msgspec.structs.replace(made[tile_key], columns=width)


async def single(visit: Visit, *, definition: Definition) -> Tile | None:
    """A tile that stands on no board, for a preview."""
    made = await _made(visit, key="", definitions=[definition])
    found = made.get(definition.key)
    return msgspec.structs.replace(found, columns=6) if found else None


async def several(visit: Visit, *, definitions: Sequence[Definition]) -> dict[str, Tile]:
    """Tiles by key that stand on no board, read all at once; those without data are left out."""
    return await _made(visit, key="", definitions=definitions)


async def _made(
    visit: Visit,
    *,
    key: str,
    definitions: Sequence[Definition],
    linked: bool = True,
    closer: bool = False,
) -> dict[str, Tile]:
    fed = await known.feed(visit, definitions=definitions)
    filled = [f for f in fed if f.streams or f.definition.form in PLAIN]
    return await _tiles(visit, key=key, fed=filled, linked=linked, closer=closer)


async def _tiles(
    visit: Visit, *, key: str, fed: Sequence[Fed], linked: bool = True, closer: bool = False
) -> dict[str, Tile]:
    single = details.chosen(visit, fed) if closer else {}
    history = await known.read(
        visit, fed=fed, linked=linked, closer=[s for of in single.values() for s in of]
    )
    found = {}
    for each in fed:
        made = _FORMS[each.definition.form](visit, each, history)
        found[each.definition.key] = msgspec.structs.replace(
            made,
            board=key,
            wide=closer or each.definition.wide,
            expert=each.definition.expert,
            resting=stock.resting(each.streams, history),
            details=details.details(visit, each, history, streams=lines)
            if (lines := single.get(each.definition.key))
            else None,
        )
    return found


def _spread(tiles: Sequence[Tile]) -> list[Tile]:
    """Widths that fill rows of twelve columns: wide ones stand in pairs, or with small ones beside them."""
    widths: list[int] = []
    odd = False
    for wide, run in itertools.groupby(tiles, key=lambda tile: tile.wide):
        n = len(list(run))
        if wide:
            widths += [6] * n
            odd = n % 2 == 1
            continue
        beside = {1: [6], 3: [6]}.get(n, [3, 3]) if odd else []
        rest = n - len(beside)
        widths += beside + ([12] if rest == 1 else columns(rest) if rest else [])
        odd = False
    if odd:
        widths[-1] = 12
    return [msgspec.structs.replace(tile, columns=w) for tile, w in zip(tiles, widths, strict=True)]


def columns(narrow: int) -> list[int]:
    """Widths for so many small tiles that fill their rows of twelve columns."""
    even = narrow if narrow in (3, 6) else -narrow % 4 * 3
    threes, twos = {1: (0, 1), 2: (0, 2), 5: (3, 2)}.get(narrow, (even, 0))
    return [3] * (narrow - threes - twos) + [4] * threes + [6] * twos
