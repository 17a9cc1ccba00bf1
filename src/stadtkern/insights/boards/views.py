# SPDX-License-Identifier: EUPL-1.2
"""Boards for visitors: the front page and further ones, on walls and in kiosks, single tiles as fragments."""

from __future__ import annotations

from typing import Any

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse

from stadtkern.identity import permissions
from stadtkern.insights import streams
from stadtkern.insights.boards import entities, queries, screens
from stadtkern.insights.boards.entities import Board
from stadtkern.insights.cockpit import board as tiles
from stadtkern.ui import formats
from stadtkern.ui import visit as visits
from stadtkern.ui.visit import Visit

_BEHIND = 8


async def front(request: HttpRequest) -> HttpResponse:
    """The city right now: the board that stands in front."""
    return await board(request, entities.FRONT)


async def board(request: HttpRequest, key: str) -> HttpResponse:
    """A board, for a screen, a wall or a kiosk (`?mode=`)."""
    mode = request.GET.get("mode", "")
    template = screens.TEMPLATES.get(mode, "insights/boards/board.html")
    alone = mode in screens.TEMPLATES
    async with visits.open_visit(request) as visit:
        found = await _visible(visit, request)
        shown = _named(found, key)
        groups = await tiles.groups(visit, key=shown.key, content=shown.content, linked=not alone)
        about: dict[str, Any] = {
            "board": shown,
            "groups": groups,
            "tabs": [(address(b), formats.words(b.content.title), b.key == shown.key) for b in found],
        }
        if alone:
            about |= screens.about(
                request, visit, mode=mode, board=shown, address=address(shown), groups=groups
            )
        elif shown.front:
            about["behind"] = await streams.datasets(visit, limit=_BEHIND)
    answer = render(request, template, about)
    if alone:
        answer["Cache-Control"] = "no-store"
    return answer


async def tile(request: HttpRequest, key: str, tile: str) -> HttpResponse:
    """One tile, for a page that is already open."""
    async with visits.open_visit(request) as visit:
        shown = _named(await _visible(visit, request), key)
        found = await tiles.tile(visit, key=key, content=shown.content, tile_key=tile)
    if found is None:
        raise Http404
    return render(request, "insights/cockpit/tile.html", {"tile": found})


def address(board: Board) -> str:
    """Where a board is."""
    return reverse("front") if board.front else reverse("board", args=[board.key])


async def _visible(visit: Visit, request: HttpRequest) -> list[Board]:
    person = await permissions.person(visit, request)
    return await queries.boards(visit.connection, audiences=entities.audiences(person))


def _named(found: list[Board], key: str) -> Board:
    shown = next((board for board in found if board.key == key), None)
    if shown is None:
        raise Http404
    return shown
