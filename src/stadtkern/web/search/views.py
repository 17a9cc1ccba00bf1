# SPDX-License-Identifier: EUPL-1.2
"""The search page, and suggestions while somebody types."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render

from stadtkern.ui import visit as visits
from stadtkern.web.search import everything

_SIZE = 5
_LEAST = 2


async def page(request: HttpRequest) -> HttpResponse:
    """What was found, by kind."""
    text = everything.cleaned(request.GET.get("q", ""))
    async with visits.open_visit(request) as visit:
        groups = await everything.search(visit, text=text, size=_SIZE)
    roughly = bool(groups) and all(group.roughly for group in groups)
    return render(request, "web/search.html", {"text": text, "groups": groups, "roughly": roughly})


async def suggest(request: HttpRequest) -> JsonResponse:
    """Titles for the list below the field."""
    text = everything.cleaned(request.GET.get("q", ""))
    async with visits.open_visit(request) as visit:
        found = await everything.suggestions(visit, text=text) if len(text) >= _LEAST else []
    return JsonResponse({"suggestions": found})
