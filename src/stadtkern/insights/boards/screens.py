# SPDX-License-Identifier: EUPL-1.2
"""Boards on screens that nobody sits at: on a wall, page after page; at a terminal, tile by tile."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import msgspec
from django.conf import settings
from django.http import HttpRequest
from django.utils import translation
from django.utils.translation import gettext

from stadtkern.city import languages
from stadtkern.insights.boards.entities import Board
from stadtkern.insights.cockpit.board import Shown
from stadtkern.insights.cockpit.tile import Tile
from stadtkern.ui import assets, formats
from stadtkern.ui.visit import Visit

TEMPLATES: Mapping[str, str] = {
    "wall": "insights/boards/wall.html",
    "kiosk": "insights/boards/kiosk.html",
}
_ON_A_PAGE = 6
_FILES = ("app.css", "live.js", "wall.js", "kiosk.js")


class Page(msgspec.Struct, frozen=True):
    """What a wall shows at a time: tiles of one theme."""

    title: str
    tiles: Sequence[Tile]


def about(
    request: HttpRequest, visit: Visit, *, mode: str, board: Board, address: str, groups: Sequence[Shown]
) -> dict[str, Any]:
    """What the screen's template needs. `build` changes when the screen must begin anew."""
    language = translation.get_language() or settings.LANGUAGE_CODE
    closer = "&sicht=fach" if request.GET.get("sicht") == "fach" else ""
    begin = f"{address}?mode={mode}{closer}"
    files = [assets.address(name) for name in _FILES]
    name = {"name": visit.city.name}
    return {
        "title": gettext("%(name)s jetzt") % name if board.front else formats.words(board.content.title),
        "start": languages.moved(begin, to=languages.FIRST) if mode == "kiosk" else request.get_full_path(),
        "begin": begin,
        "other_kiosks": [
            {"code": code, "name": str(name), "address": languages.moved(begin, to=code)}
            for code, name in settings.LANGUAGES
            if code != language
        ],
        "build": f"{board.published} {' '.join(files)}",
        "pages": pages(groups),
        "chosen": _chosen(request, groups),
    }


def pages(groups: Sequence[Shown]) -> list[Page]:
    """Themes, those with many tiles in even parts."""
    found = []
    for group in groups:
        parts = -(-len(group.tiles) // _ON_A_PAGE)
        size = -(-len(group.tiles) // parts)
        found += [Page(group.title, group.tiles[at : at + size]) for at in range(0, len(group.tiles), size)]
    return found


def _chosen(request: HttpRequest, groups: Sequence[Shown]) -> Tile | None:
    """The tile that the address names; for one that is gone, the start shows instead."""
    key = request.GET.get("kachel", "")
    return next((tile for group in groups for tile in group.tiles if tile.key == key), None)
