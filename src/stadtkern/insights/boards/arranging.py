# SPDX-License-Identifier: EUPL-1.2
"""How a board becomes another one: tiles and themes added, changed, moved, taken away; stores nothing."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import msgspec

from stadtkern.insights.boards import operations
from stadtkern.insights.cockpit.definitions import Content, Definition, Group, Text


def put(content: Content, *, group: str, tile: Definition) -> Content:
    """A tile in the place of the one with its key; a new one last in the group."""
    if content.tile(tile.key) is not None:
        return _each(content, lambda d: tile if d.key == tile.key else d)
    groups = content.groups or (Group(key="thema-1"),)
    chosen = group if any(g.key == group for g in groups) else groups[-1].key
    return _with(
        content,
        [msgspec.structs.replace(g, tiles=(*g.tiles, tile)) if g.key == chosen else g for g in groups],
    )


def without(content: Content, *, tile: str) -> Content:
    """The board without a tile."""
    return _with(
        content,
        [
            msgspec.structs.replace(g, tiles=tuple(d for d in g.tiles if d.key != tile))
            for g in content.groups
        ],
    )


def moved(content: Content, *, tile: str, by: int) -> Content:
    """A tile one place up (`by` -1) or down (1), also into the next theme."""
    at = next((n for n, g in enumerate(content.groups) if any(d.key == tile for d in g.tiles)), None)
    if at is None:
        return content
    tiles = list(content.groups[at].tiles)
    place = next(n for n, d in enumerate(tiles) if d.key == tile)
    chosen = tiles.pop(place)
    if 0 <= place + by <= len(tiles):
        tiles.insert(place + by, chosen)
        return _tiles(content, at, tiles)
    if not 0 <= at + by < len(content.groups):
        return content
    there = list(content.groups[at + by].tiles)
    there.insert(len(there) if by < 0 else 0, chosen)
    return _tiles(_tiles(content, at, tiles), at + by, there)


def ordered(content: Content, *, order: Sequence[str]) -> Content:
    """Tiles in an order of `theme:tile`; whoever is not named stays at the end of its theme."""
    every = {d.key: d for d in content.tiles}
    placed: dict[str, list[Definition]] = {g.key: [] for g in content.groups}
    for entry in order:
        theme, _, key = entry.partition(":")
        if theme in placed and key in every:
            placed[theme].append(every.pop(key))
    return _with(
        content,
        [
            msgspec.structs.replace(g, tiles=(*placed[g.key], *(d for d in g.tiles if d.key in every)))
            for g in content.groups
        ],
    )


def widened(content: Content, *, tile: str, wide: bool) -> Content:
    """A tile wide or narrow."""
    return _each(content, lambda d: msgspec.structs.replace(d, wide=wide) if d.key == tile else d)


def reserved(content: Content, *, tile: str, expert: bool) -> Content:
    """A tile for the experts' view only, or for both."""
    return _each(content, lambda d: msgspec.structs.replace(d, expert=expert) if d.key == tile else d)


def themed(content: Content, *, group: str, title: Text) -> Content:
    """A theme with another title, or a new one at the end."""
    if content.group(group) is None:
        key = free_key(title.get("de", ""), taken={g.key for g in content.groups}, fallback="thema")
        return _with(content, [*content.groups, Group(key=key, title=title)])
    return _with(
        content,
        [msgspec.structs.replace(g, title=title) if g.key == group else g for g in content.groups],
    )


def theme_moved(content: Content, *, group: str, by: int) -> Content:
    """A theme one place up or down."""
    groups = list(content.groups)
    at = next((n for n, g in enumerate(groups) if g.key == group), None)
    if at is None or not 0 <= at + by < len(groups):
        return content
    groups.insert(at + by, groups.pop(at))
    return _with(content, groups)


def theme_removed(content: Content, *, group: str) -> Content:
    """The board without a theme and its tiles."""
    return _with(content, [g for g in content.groups if g.key != group])


def free_key(title: str, *, taken: set[str], fallback: str) -> str:
    """A key from a title that nothing else on the board has."""
    key = operations.key_of(title, fallback=fallback)
    number, found = 1, key
    while found in taken | {operations.RESERVED}:
        number += 1
        found = f"{key}-{number}"
    return found


def _each(content: Content, change: Callable[[Definition], Definition]) -> Content:
    return _with(
        content,
        [msgspec.structs.replace(g, tiles=tuple(change(d) for d in g.tiles)) for g in content.groups],
    )


def _tiles(content: Content, at: int, tiles: Sequence[Definition]) -> Content:
    groups = list(content.groups)
    groups[at] = msgspec.structs.replace(groups[at], tiles=tuple(tiles))
    return _with(content, groups)


def _with(content: Content, groups: Sequence[Group]) -> Content:
    return msgspec.structs.replace(content, groups=tuple(groups))
