# SPDX-License-Identifier: EUPL-1.2
"""The front page, and single tiles as fragments."""

from __future__ import annotations

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render

from stadtkern.insights import streams
from stadtkern.insights.cockpit import board
from stadtkern.ui import visit as visits

_BEHIND = 8


async def front(request: HttpRequest) -> HttpResponse:
    """The city right now."""
    async with visits.open_visit(request) as visit:
        found = await board.tiles(visit)
        behind = await streams.datasets(visit, limit=_BEHIND)
    return render(request, "insights/cockpit/front.html", {"tiles": found, "behind": behind})


async def tile(request: HttpRequest, key: str) -> HttpResponse:
    """One tile, for a page that is already open."""
    async with visits.open_visit(request) as visit:
        found = await board.tile(visit, key=key)
    if found is None:
        raise Http404
    return render(request, "insights/cockpit/tile.html", {"tile": found})
