# SPDX-License-Identifier: EUPL-1.2
"""A board on a wall by key, and the page on which editors give and end keys."""

from __future__ import annotations

from typing import Any

import msgspec
from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext
from django.views.decorators.http import require_POST

from stadtkern.core import access, audit
from stadtkern.identity import permissions
from stadtkern.insights.boards import entities, queries, screens, work
from stadtkern.insights.boards.entities import Board
from stadtkern.insights.cockpit import board as tiles
from stadtkern.insights.walls import keys
from stadtkern.insights.walls.forms import KeyForm
from stadtkern.insights.walls.keys import Found
from stadtkern.ui import formats
from stadtkern.ui import visit as visits
from stadtkern.ui.visit import Visit

_LARGEST_ID = 2**63 - 1


async def wall(request: HttpRequest, secret: str) -> HttpResponse:
    """The board that the key opens, with what whoever gave it may see at this moment; else 410."""
    async with visits.open_visit(request) as visit:
        found = await keys.find(visit.connection, secret=secret)
        if found is None:
            raise Http404
        # The log names the screen, never the secret.
        audit.call(f"/wand/… ({found.name})")
        board = await _board(visit, found) if found.valid else None
        about: dict[str, Any] = {}
        if board is not None:
            giver = access.Principal(kind="person", id=found.given_by)
            theirs = await visits.DOOR.gate.scope(visit.connection, giver)
            seen = msgspec.structs.replace(visit, scope=theirs)
            groups = await tiles.groups(seen, key=board.key, content=board.content, linked=False)
            here = reverse("wall", args=[secret])
            about = screens.about(request, seen, mode="wall", board=board, address=here, groups=groups)
    template = "insights/boards/wall.html" if board else "insights/walls/over.html"
    answer = render(request, template, {"board": board, **about}, status=200 if board else 410)
    answer["Cache-Control"], answer["Referrer-Policy"] = "no-store", "no-referrer"
    # Django would write the address of what is gone into the log, and a board may come back.
    answer._has_been_logged = True  # type: ignore[attr-defined]
    return answer


async def _board(visit: Visit, found: Found) -> Board | None:
    """The board as published, where whoever gave the key may still look at it."""
    giver = await permissions.acting(visit.connection, principal_id=found.given_by)
    if giver is None:
        return None
    shown = await queries.boards(visit.connection, audiences=entities.audiences(giver))
    board = next((board for board in shown if board.id == found.board_id), None)
    if board is None:
        return None
    content, _ = entities.opened(board.content, seen=entities.audiences(giver))
    return msgspec.structs.replace(board, content=content)


async def listing(request: HttpRequest, key: str) -> HttpResponse:
    """The keys of a board's screens, and a form for a new one, which is shown once."""
    async with visits.open_visit(request) as visit:
        person, board = await work.opened(visit, request, key)
        form = KeyForm(request.POST or None)
        made = ""
        if request.method == "POST" and form.is_valid():
            try:
                secret = await keys.give(
                    visit.connection, board=key, name=form.cleaned_data["name"], lasts=form.lasts,
                    by=person.principal_id,
                )  # fmt: skip
                made = f"{settings.PUBLIC_URL}{reverse('wall', args=[secret])}"
                form = KeyForm()
            except keys.TooManyKeys:
                form.add_error(
                    None, gettext("Diese Tafel hat schon 50 Schlüssel. Beenden Sie erst einen davon.")
                )
        found = [(each, each.opens(visit.now)) for each in await keys.listed(visit.connection, board=key)]
    about = {
        "board": board, "title": formats.words(board.content.title), "form": form, "made": made,
        "keys": found,
    }  # fmt: skip
    answer = render(request, "insights/walls/keys.html", about, status=422 if form.errors else 200)
    answer["Cache-Control"] = "no-store"
    return answer


@require_POST
async def end(request: HttpRequest, key: str, id: int) -> HttpResponse:
    """End a key at once."""
    async with visits.open_visit(request) as visit:
        await work.opened(visit, request, key)
        await keys.end(visit.connection, board=key, id=min(id, _LARGEST_ID))
    return redirect("board-walls", key=key)
