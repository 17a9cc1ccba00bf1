# SPDX-License-Identifier: EUPL-1.2
"""What a board is: groups of tiles as plain data, as editors arrange them and versions keep them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Literal

import msgspec

Text = Mapping[str, str]
Form = Literal[
    "flow", "value", "level", "gauge", "free", "bays", "low", "ranking", "places", "countdown", "text"
]
# Who sees a board: everybody, those who work for the city, or those of them with at least this role.
Audience = Literal["public", "internal", "editor", "steward", "publisher", "administrator"]
# Who may look closer: everybody who sees the board, nobody, or those of an audience.
Experts = Literal["", "nobody", "public", "internal", "editor", "steward", "publisher", "administrator"]
View = Literal["overview", "expert"]
MOST_TILES, MOST_GROUPS = 60, 12
# Tiles that need no data.
PLAIN: tuple[Form, ...] = ("countdown", "text")


class Definition(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One tile: what it is about, and what feeds it: observed properties (by definition) or single streams.

    `flow`: totals of today against a usual day. `value`: the newest value against the usual at this hour.
    `level`: the newest value against its last year. `gauge`: the newest value on a bar from `low` to `high`,
    with `threshold` as the limit, above which it is bad, or good where `above` says so.
    `free`: what is left of a capacity. `bays`: how many of some places have a state (0 or false; with
    `above`, 1 or true). `low`: how many places are below `threshold`. `ranking`: the first `most` places,
    with `above` from the highest on. `places`: a map of the last hour. `countdown`: days until `until`.
    `types` narrows to things of these types. `expert`: stands in the experts' view only.
    """

    key: str
    form: Form
    title: Text
    properties: tuple[str, ...] = ()
    streams: tuple[int, ...] = ()
    types: tuple[str, ...] = ()
    noun: Text = {}
    places: Text = {}
    body: Text = {}
    threshold: float | None = None
    low: float | None = None
    high: float | None = None
    above: bool = False
    most: int = 5
    until: str = ""
    link: str = ""
    digits: int = 0
    wide: bool = False
    expert: bool = False


class Group(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Tiles of one theme; the first group of a board may do without a title."""

    key: str
    title: Text = {}
    tiles: tuple[Definition, ...] = ()


class Content(msgspec.Struct, frozen=True, kw_only=True):
    """Everything that a version of a board keeps.

    `view`: how it opens, for a glance or for experts. `experts`: who may look at it as experts do, which is
    with all tiles and with each place behind them.
    """

    title: Text
    about: Text = {}
    audience: Audience = "internal"
    view: View = "overview"
    experts: Experts = ""
    groups: tuple[Group, ...] = ()

    @property
    def tiles(self) -> Iterator[Definition]:
        """All tiles, group by group."""
        return (tile for group in self.groups for tile in group.tiles)

    def tile(self, key: str) -> Definition | None:
        """The tile with this key."""
        return next((tile for tile in self.tiles if tile.key == key), None)

    def group(self, key: str) -> Group | None:
        """The group with this key."""
        return next((group for group in self.groups if group.key == key), None)


def overview(content: Content) -> Content:
    """What stands on a board for a glance."""
    groups = (
        msgspec.structs.replace(group, tiles=tuple(tile for tile in group.tiles if not tile.expert))
        for group in content.groups
    )
    return msgspec.structs.replace(content, groups=tuple(groups))


def content(stored: Any) -> Content:
    """What stands in the database."""
    return msgspec.convert(stored, Content)


def stored(content: Content) -> dict[str, Any]:
    """What the database keeps; what goes without saying is left out."""
    kept: dict[str, Any] = msgspec.to_builtins(content)
    return kept
