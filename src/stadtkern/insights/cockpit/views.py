# SPDX-License-Identifier: EUPL-1.2
"""The front page, single tiles as fragments, and the map with its list."""

from __future__ import annotations

from typing import Any

from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render

from stadtkern.insights import kinds, streams
from stadtkern.insights.cockpit import board, mapped
from stadtkern.ui import ground
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


async def city_map(request: HttpRequest) -> HttpResponse:
    """The map, and everything on it as a list."""
    chosen, query = _filter(request)
    async with visits.open_visit(request) as visit:
        places = await mapped.places(visit, kind=chosen, query=query)
        present = await mapped.kinds_present(visit)
    context = {
        "places": places,
        "present": present,
        "chosen": chosen,
        "query": query,
        "filter": request.GET.urlencode(),
        "without_place": sum(place.point is None for place in places),
    }
    return render(request, "insights/cockpit/map.html", context)


async def places_json(request: HttpRequest) -> JsonResponse:
    """The places as GeoJSON, under the same filter as the list."""
    chosen, query = _filter(request)
    async with visits.open_visit(request) as visit:
        places = await mapped.places(visit, kind=chosen, query=query)
    return JsonResponse(mapped.collection(places))


async def districts_json(request: HttpRequest) -> JsonResponse:
    """The outlines of the districts as GeoJSON."""
    async with visits.open_visit(request) as visit:
        features: list[Any] = list(await ground.outlines(visit))
    answer = JsonResponse({"type": "FeatureCollection", "features": features})
    answer["Cache-Control"] = "public, max-age=3600"
    return answer


def _filter(request: HttpRequest) -> tuple[kinds.Kind | None, str]:
    return kinds.BY_KEY.get(request.GET.get("art", "")), request.GET.get("q", "").strip()[:100].replace(
        "\0", ""
    )
