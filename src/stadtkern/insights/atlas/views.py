# SPDX-License-Identifier: EUPL-1.2
"""The map with its list, and what the map in the browser fetches."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from typing import Any, cast

import msgspec
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.cache import get_conditional_response
from django.utils.translation import gettext

from stadtkern.features.entities import Collection, Row
from stadtkern.insights import kinds
from stadtkern.insights.atlas import asking, basemap, document, layers, places, sheet
from stadtkern.insights.atlas.asking import Asked
from stadtkern.insights.explore import find
from stadtkern.insights.pictures import queries as pictures
from stadtkern.ui import ground, paging
from stadtkern.ui import visit as visits
from stadtkern.ui.visit import Visit

SIZE = 25
_DRAWN = 150
_SUGGESTED = 8


async def page(request: HttpRequest) -> HttpResponse:
    """The map, its layers and filters, and everything on it as a list."""
    async with visits.open_visit(request) as visit:
        asked = asking.read(request, now=visit.now, zone=visit.city.zone)
        land = await ground.outlines(visit)
        found = await places.read(visit, asked=asked, land=land)
        offered, chosen = await layers.offers(visit, asked)
        lists = await layers.listed(visit, chosen, asked=asked, land=land)
        rows = await _drawn(visit, chosen, asked=asked, land=land)
        used = {place.dataset_id for place in found.places} | {each.dataset_id for each in chosen}
        owners = await layers.owned(visit, sorted(used))
        alike = await _alike(visit, asked) if not found.places else []
    shown, pages = _page(asked, found.places)
    context = {
        "asked": asked,
        "layers": layers.kinds_of(asked, found.counts),
        "offers": offered,
        "lists": lists,
        "places": shown,
        "n": len(found.places),
        "cut": found.cut,
        "pages": pages,
        "without_place": sum(place.point is None for place in found.places),
        "districts": _districts(land),
        "outline": places.district(land, asked.district) if asked.district else None,
        "matching": _matching(land, asked.query),
        "alike": alike,
        "datasets": [row[2] for row in owners],
        "drawing": sheet.draw(asked=asked, land=land, found=found.places, rows=rows),
        "today": visit.now.astimezone(visit.city.zone).date().isoformat(),
        "kinds": _kinds(),
        "basemap": basemap.offer(land),
    }
    return render(request, "insights/atlas/map.html", context)


async def _alike(visit: Visit, asked: Asked) -> list[tuple[str, str]]:
    """Name and address of places that are called much like what was sought and not found."""
    words = asked.query.split()
    found, _ = await find.things(visit, words=words, size=_SUGGESTED) if words else ([], False)
    return [(hit.name, reverse("map") + Asked(thing=hit.id).address() + "#liste") for hit in found]


async def _drawn(
    visit: Visit, chosen: Sequence[Collection], *, asked: Asked, land: Sequence[Mapping[str, Any]]
) -> list[tuple[Collection, Sequence[Row]]]:
    found = []
    for collection in chosen:
        rows, _ = await layers.rows(visit, collection, asked=asked, land=land, most=_DRAWN)
        found.append((collection, rows))
    return found


def _page(asked: Asked, found: Sequence[places.Place]) -> tuple[Sequence[places.Place], paging.Paging]:
    last = max(1, -(-len(found) // SIZE))
    number = min(asked.page, last)
    says = gettext("Seite %(n)s von %(all)s") % {"n": number, "all": last} if last > 1 else ""
    return found[(number - 1) * SIZE : number * SIZE], paging.between(
        asked.address(seite=str(number - 1)) + "#liste" if number > 1 else "",
        asked.address(seite=str(number + 1)) + "#liste" if number < last else "",
        says,
    )


def _districts(land: Sequence[Mapping[str, Any]]) -> list[tuple[str, str, str]]:
    """Level, code and name of the parts of the city, by name."""
    parts = [each["properties"] for each in land if each["properties"]["level"] != "city"]
    return sorted(
        ((each["level"], each["code"], each["name"]) for each in parts),
        key=lambda part: (part[0], part[2].casefold()),
    )


def _matching(land: Sequence[Mapping[str, Any]], query: str) -> list[tuple[str, str]]:
    """Code and name of the parts of the city that are called so."""
    sought = query.casefold()
    if len(sought) < 2:
        return []
    return [(code, name) for _, code, name in _districts(land) if sought in name.casefold()][:_SUGGESTED]


def _kinds() -> str:
    """Kinds with the names of their states, for the map in the browser."""
    known = {
        key: {
            "one": str(kind.one),
            "shape": kind.shape,
            "states": {str(int(state)): str(name) for state, name in kind.states.items()},
        }
        for key, kind in kinds.BY_KEY.items()
    }
    return msgspec.json.encode(known).decode()


async def places_json(request: HttpRequest) -> HttpResponse:
    """The places as GeoJSON, under the same filters as the list."""
    async with visits.open_visit(request) as visit:
        asked = asking.read(request, now=visit.now, zone=visit.city.zone)
        land = await ground.outlines(visit)
        found = await places.read(visit, asked=asked, land=land)
        photos = await pictures.every(visit)
    return _json(request, document.of_places(found.places, pictures=photos))


async def features_json(request: HttpRequest, key: str) -> HttpResponse:
    """A map of a dataset as GeoJSON, under the same filters as the list."""
    async with visits.open_visit(request) as visit:
        asked = asking.read(request, now=visit.now, zone=visit.city.zone)
        collection = await layers.find(visit, key)
        if collection is None:
            raise Http404
        land = await ground.outlines(visit)
        rows, more = await layers.rows(visit, collection, asked=asked, land=land, most=layers.MOST_FEATURES)
    return _json(request, document.of_rows(rows, collection, more=more))


async def districts_json(request: HttpRequest) -> HttpResponse:
    """The outlines of the districts as GeoJSON."""
    async with visits.open_visit(request) as visit:
        features: list[Any] = list(await ground.outlines(visit))
    answer = _json(request, {"type": "FeatureCollection", "features": features})
    answer["Cache-Control"] = "public, max-age=3600"
    return answer


async def suggest(request: HttpRequest) -> JsonResponse:
    """Parts of the city, places and addresses called like what somebody types, as states of the map."""
    text = request.GET.get("q", "").strip()[:100].replace("\0", "")
    async with visits.open_visit(request) as visit:
        land = await ground.outlines(visit)
        things, _ = await find.things(visit, words=text.split(), size=_SUGGESTED)
        streets = await layers.streets(visit, text=text, size=_SUGGESTED) if len(text) > 2 else []
    here = reverse("map")
    hits = [
        {"text": name, "kind": gettext("Stadtteil"), "url": here + Asked(district=code).address()}
        for code, name in _matching(land, text)[:3]
    ]
    hits += [
        {"text": hit.name, "kind": gettext("Messort"), "url": here + Asked(thing=hit.id).address()}
        for hit in things[: _SUGGESTED - 3]
    ]
    hits += [
        {"text": street, "kind": gettext("Adresse"), "url": here + Asked(query=street).address()}
        for street in streets
    ]
    return JsonResponse({"suggestions": hits[:_SUGGESTED]})


def _json(request: HttpRequest, document: Mapping[str, Any]) -> HttpResponse:
    """The document, or 304 where the browser has just this one; it was read for this asker."""
    content = msgspec.json.encode(document)
    etag = f'W/"{hashlib.sha256(content).hexdigest()[:32]}"'
    full = HttpResponse(content, content_type="application/geo+json", headers={"ETag": etag})
    return cast(HttpResponse, get_conditional_response(request, etag=etag, response=full))
