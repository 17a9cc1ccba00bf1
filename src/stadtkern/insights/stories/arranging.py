# SPDX-License-Identifier: EUPL-1.2
"""Blocks of a story that is being written: added, moved, taken out; series put into one and out of it."""

from __future__ import annotations

from collections.abc import Mapping

from stadtkern.insights.diagrams import asking
from stadtkern.insights.stories import tiles
from stadtkern.insights.stories.entities import KINDS, MOST_BLOCKS
from stadtkern.insights.stories.forms import FIELDS

Fields = dict[str, str]


def arranged(blocks: list[Fields], do: str) -> list[Fields]:
    """The blocks after a button that changes their order or what feeds one; others leave them as they are."""
    what, _, which = do.partition("-")
    if what == "add" and which in KINDS and len(blocks) < MOST_BLOCKS:
        return [*blocks, {**dict.fromkeys(FIELDS, ""), "kind": which}]
    which, _, source = which.partition(":")
    at = int(which) if which.isdecimal() and len(which) < 4 else -1
    if not 0 <= at < len(blocks):
        return blocks
    moved = list(blocks)
    if what in ("take", "drop"):
        change = _together if what == "take" else _without
        moved[at] = {**blocks[at], "source": change(blocks[at], source)}
        return moved
    block = moved.pop(at)
    if what == "remove":
        return moved
    moved.insert(max(0, at - 1) if what == "up" else at + 1 if what == "down" else at, block)
    return moved


def _together(block: Mapping[str, str], source: str) -> str:
    """A series that is taken stands beside those that are there; anything else takes their place."""
    if block["kind"] == "tile":
        return tiles.together(block["source"], source)
    chosen, taken = asking.of_address(block["source"]), asking.of_address(source)
    if block["kind"] == "values" and chosen.ids and taken.ids:
        return chosen.query(ids=[*chosen.ids, *(each for each in taken.ids if each not in chosen.ids)])
    return source[: asking.LONGEST_QUERY]


def _without(block: Mapping[str, str], source: str) -> str:
    """What is left when a series, or of a tile all that measure the same, is taken out."""
    if block["kind"] == "tile":
        return tiles.without(block["source"], source)
    chosen, dropped = asking.of_address(block["source"]), asking.of_address(source)
    left = [each for each in chosen.ids if each not in dropped.ids]
    return chosen.query(ids=left) if left else ""
