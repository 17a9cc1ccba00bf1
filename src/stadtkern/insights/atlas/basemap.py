# SPDX-License-Identifier: EUPL-1.2
"""The base map below the city's own outlines, where a setting switches it on: browsers ask only us for it."""

from __future__ import annotations

import functools
import gzip
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import msgspec
from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse
from django.urls import reverse
from django.views.decorators.http import require_safe

from stadtkern.insights.atlas import tiles
from stadtkern.insights.atlas.tiles import Tile
from stadtkern.ui import ground
from stadtkern.ui import visit as visits

# So far around the city's outlines, in degrees, tiles are fetched.
_AROUND = 0.3
_CACHED = "public, max-age=86400, stale-while-revalidate=604800"


class Offer(msgspec.Struct, frozen=True):
    """What the map in the browser needs: address of tiles, where there are any, whose they are."""

    url: str
    box: str
    by: str


def offer(land: Sequence[Mapping[str, Any]]) -> Offer | None:
    """The base map of this city; None where the setting names none."""
    if not settings.BASEMAP:
        return None
    address = reverse("map-tile", args=[0, 0, 0]).removesuffix("0/0/0")
    box = ",".join(f"{degrees:.4f}" for degrees in around(land))
    return Offer(f"{address}{{z}}/{{x}}/{{y}}", box, settings.BASEMAP_BY)


def around(land: Sequence[Mapping[str, Any]]) -> tuple[float, float, float, float]:
    """West, south, east, north of the outlines and what lies around; without any, of Germany."""
    points = [point for each in land for point in _points(each["geometry"]["coordinates"])]
    if not points:
        return tiles.GERMANY
    lons, lats = [point[0] for point in points], [point[1] for point in points]
    return min(lons) - _AROUND, min(lats) - _AROUND, max(lons) + _AROUND, max(lats) + _AROUND


def _points(coordinates: Any) -> Sequence[Sequence[float]]:
    if coordinates and isinstance(coordinates[0], int | float):
        return [coordinates]
    return [point for part in coordinates for point in _points(part)]


@functools.cache
def _tiles(template: str, folder: Path, allowed: tuple[str, ...]) -> tiles.Tiles:
    return tiles.Tiles(template=template, folder=folder, allowed=allowed)


@require_safe
async def tile(request: HttpRequest, z: int, x: int, y: int) -> HttpResponse:
    """One tile, from disk or fetched; 404 outside the city's surroundings. Raises BaseMapIsAway."""
    wanted = Tile(z, x, y)
    if not settings.BASEMAP or not wanted.exists:
        raise Http404
    source = _tiles(settings.BASEMAP, settings.BASEMAP_FOLDER, tuple(settings.BASEMAP_ALLOWED))
    found = await source.kept(wanted)
    if found is None or not found.fresh:
        if not wanted.touches(await _surroundings(request)):
            raise Http404
        try:
            found = await source.get(wanted)
        except tiles.BaseMapIsAway as problem:
            return HttpResponse(
                status=problem.status, headers={**problem.headers, "Cache-Control": "no-store"}
            )
    return _answer(request, found)


async def _surroundings(request: HttpRequest) -> tuple[float, float, float, float]:
    async with visits.open_visit(request) as visit:
        return around(await ground.outlines(visit))


def _answer(request: HttpRequest, found: tiles.Kept) -> HttpResponse:
    headers = {"Cache-Control": _CACHED, "ETag": found.etag, "Vary": "Accept-Encoding"}
    if request.headers.get("If-None-Match") == found.etag:
        return HttpResponse(status=304, headers=headers)
    if not found.packed:
        return HttpResponse(status=204, headers=headers)
    body = found.packed
    if "gzip" in request.headers.get("Accept-Encoding", ""):
        headers["Content-Encoding"] = "gzip"
    else:
        body = gzip.decompress(body)
    return HttpResponse(body, content_type="application/vnd.mapbox-vector-tile", headers=headers)
