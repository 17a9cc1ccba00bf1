# SPDX-License-Identifier: EUPL-1.2
"""Boards for visitors: the front page and further ones, on walls and in kiosks, single tiles as fragments."""

from __future__ import annotations

from typing import Any

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse

from stadtkern.identity import permissions
from stadtkern.insights import streams
from stadtkern.insights.boards import entities, news, queries, screens, words
from stadtkern.insights.boards.entities import Board
from stadtkern.insights.cockpit import board as tiles
from stadtkern.insights.cockpit.definitions import Audience, View
from stadtkern.ui import formats
from stadtkern.ui import visit as visits
from stadtkern.ui.visit import Visit

_BEHIND = 8
VIEWS: dict[str, View] = {"ueberblick": "overview", "fach": "expert"}


async def front(request: HttpRequest) -> HttpResponse:
    """The city right now: the board that stands in front."""
    return await board(request, entities.FRONT)


async def board(request: HttpRequest, key: str) -> HttpResponse:
    """A board, for a screen, a wall or a kiosk (`?mode=`)."""
    mode = request.GET.get("mode", "")
    template = screens.TEMPLATES.get(mode, "insights/boards/board.html")
    alone = mode in screens.TEMPLATES
    async with visits.open_visit(request) as visit:
        seen = await _audiences(visit, request)
        found = await queries.boards(visit.connection, audiences=seen)
        shown = _named(found, key)
        content, view = entities.opened(shown.content, seen=seen, asked=_asked(request))
        closer = view == "expert" and not alone
        groups = await tiles.groups(visit, key=shown.key, content=content, linked=not alone, closer=closer)
        about: dict[str, Any] = {
            "board": shown,
            "groups": groups,
            "tabs": [(address(b), formats.words(b.content.title), b.key == shown.key) for b in found],
            "views": _views(shown, seen=seen, view=view),
            "closer": closer,
        }
        if alone:
            about |= screens.about(
                request, visit, mode=mode, board=shown, address=address(shown), groups=groups
            )
        elif shown.front:
            about["behind"] = await streams.datasets(visit, limit=_BEHIND)
            held = {each.dataset.id for each in about["behind"]}
            about["news"] = await news.latest(visit, but=held)
    answer = render(request, template, about)
    if alone:
        answer["Cache-Control"] = "no-store"
    return answer


async def tile(request: HttpRequest, key: str, tile: str) -> HttpResponse:
    """One tile, for a page that is already open."""
    async with visits.open_visit(request) as visit:
        seen = await _audiences(visit, request)
        shown = _named(await queries.boards(visit.connection, audiences=seen), key)
        content, view = entities.opened(shown.content, seen=seen, asked=_asked(request))
        closer = view == "expert"
        found = await tiles.tile(visit, key=key, content=content, tile_key=tile, closer=closer)
    if found is None:
        raise Http404
    return render(request, "insights/cockpit/tile.html", {"tile": found, "closer": closer})


def address(board: Board) -> str:
    """Where a board is."""
    return reverse("front") if board.front else reverse("board", args=[board.key])


async def _audiences(visit: Visit, request: HttpRequest) -> list[Audience]:
    return entities.audiences(await permissions.person(visit, request))


def _asked(request: HttpRequest) -> View | None:
    return VIEWS.get(request.GET.get("sicht", ""))


def _views(board: Board, *, seen: list[Audience], view: View) -> list[tuple[str, str, bool]]:
    """The switch between a glance and the experts' view, for those who may look closer."""
    if not entities.closer(board.content, seen=seen):
        return []
    here = address(board)
    return [(f"{here}?sicht={name}", str(words.VIEWS[each]), each == view) for name, each in VIEWS.items()]


def _named(found: list[Board], key: str) -> Board:
    shown = next((board for board in found if board.key == key), None)
    if shown is None:
        raise Http404
    return shown
