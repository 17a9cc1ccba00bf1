# SPDX-License-Identifier: EUPL-1.2
"""One press of a button at a board: order, width, away with something, undo, publish."""

from __future__ import annotations

from collections.abc import Mapping

from stadtkern.core import problems
from stadtkern.core.database import Connection
from stadtkern.insights.boards import arranging, operations
from stadtkern.insights.boards.entities import Draft
from stadtkern.insights.cockpit.definitions import Content

_STEPS = {"hoch": -1, "runter": 1}


async def step(connection: Connection, *, by: int, board: Draft, given: Mapping[str, str]) -> None:
    """A step at the version that somebody had before them. Raises BoardHasChanged and as `operations`."""
    what, version = given.get("was", ""), number(given.get("version"))
    if what == "rueckgaengig":
        await operations.undo(connection, by=by, key=board.key, version=version)
    elif what == "veroeffentlichen":
        await operations.publish(connection, key=board.key, version=version)
    elif version != board.newest:
        raise operations.BoardHasChanged()
    else:
        content, name = _changed(board.content, what, given)
        if content != board.content:
            await operations.save(
                connection, by=by, key=board.key, version=version, content=content, step=name
            )


def number(given: str | None) -> int:
    """A number from a form; what is none stands for nothing."""
    return int(given) if given and given.isascii() and given.isdecimal() and len(given) < 10 else 0


def _changed(content: Content, what: str, given: Mapping[str, str]) -> tuple[Content, str]:
    tile, group = given.get("kachel", ""), given.get("thema", "")
    if what in _STEPS and tile:
        return arranging.moved(content, tile=tile, by=_STEPS[what]), "moved"
    if what in _STEPS:
        return arranging.theme_moved(content, group=group, by=_STEPS[what]), "moved"
    if what == "ordnen":
        order = given.get("ordnung", "").split()
        return arranging.ordered(content, order=order[:200]), "moved"
    if what in ("breit", "schmal"):
        return arranging.widened(content, tile=tile, wide=what == "breit"), "width"
    if what in ("nur-fach", "beide"):
        return arranging.reserved(content, tile=tile, expert=what == "nur-fach"), "view"
    if what == "kachel-weg":
        return arranging.without(content, tile=tile), "removed"
    if what == "thema-weg":
        return arranging.theme_removed(content, group=group), "theme-removed"
    raise problems.NotFound()
