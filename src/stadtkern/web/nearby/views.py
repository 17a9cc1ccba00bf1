# SPDX-License-Identifier: EUPL-1.2
"""The page of what is near: around a district or a place by its address, around oneself by a message.

A position comes in the body of a request, which is logged nowhere, and stands in no address.
"""

from __future__ import annotations

import math
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext
from django.views.decorators.csrf import csrf_exempt

from stadtkern.ui import maps
from stadtkern.ui import visit as visits
from stadtkern.ui.visit import Visit
from stadtkern.web.nearby import queries
from stadtkern.web.nearby.queries import Around, Spot

_USUAL = 1_000
_LARGEST_ID = 2**63 - 1
_MOST_LETTERS = 100


@csrf_exempt  # it changes nothing: whoever has it sent for them learns what everybody may know
async def page(request: HttpRequest) -> HttpResponse:
    """The form with what was found; to a position only what was found."""
    if request.method == "POST":
        return await _position(request)
    radius = _radius(request.GET.get("umkreis", ""))
    text = " ".join(request.GET.get("ort", "").replace("\0", "").split())[:_MOST_LETTERS]
    chosen = request.GET.get("stadtteil", "")[:_MOST_LETTERS].replace("\0", "")
    async with visits.open_visit(request) as visit:
        spot, others = await _asked(visit, request=request, text=text, chosen=chosen)
        context: dict[str, Any] = {
            "districts": await queries.district_names(visit),
            "chosen": chosen,
            "text": text,
            "radius": radius,
            "radii": [(each, queries.distance(each)) for each in queries.RADII],
            "asked": bool(text or chosen or request.GET.get("messort")),
            "others": others,
            "spot": spot,
        }
        if spot is not None:
            context |= await _found(visit, await queries.around(visit, spot=spot, radius=radius))
    answer = render(request, "web/nearby/nearby.html", context)
    answer["Permissions-Policy"] = "camera=(), microphone=(), geolocation=(self), payment=(), usb=()"
    return answer


async def _asked(
    visit: Visit, *, request: HttpRequest, text: str, chosen: str
) -> tuple[Spot | None, list[tuple[int, str]]]:
    number = request.GET.get("messort", "")
    if number.isascii() and number.isdecimal() and len(number) < 20 and int(number) <= _LARGEST_ID:
        return await queries.thing(visit, id=int(number)), []
    if text:
        return await queries.named(visit, text=text)
    return (await queries.district(visit, code=chosen) if chosen else None), []


async def _position(request: HttpRequest) -> HttpResponse:
    try:
        lon, lat = float(request.POST.get("lon", "")), float(request.POST.get("lat", ""))
    except ValueError:
        lon = lat = math.nan
    if not (-180 <= lon <= 180 and -90 <= lat <= 90):
        return HttpResponse(status=422)
    radius = _radius(request.POST.get("umkreis", ""))
    async with visits.open_visit(request) as visit:
        found = await queries.around(visit, spot=queries.here(lon=lon, lat=lat), radius=radius)
        answer = render(request, "web/nearby/found.html", {**await _found(visit, found), "spot": found.spot})
    answer["Cache-Control"] = "no-store"
    return answer


async def _found(visit: Visit, around: Around) -> dict[str, Any]:
    middle = around.spot
    spots = [
        maps.Spot(
            lon=point[0],
            lat=point[1],
            label=f"{each.site.name}: {each.value}" if each.value else each.site.name,
            value=1.0,
        )
        for each in around.things
        if (point := each.site.point)
    ]
    drawn = maps.draw(
        land=await queries.land(visit, around=around),
        spots=[*spots, maps.Spot(lon=middle.lon, lat=middle.lat, label=gettext("Mitte"))],
        title=middle.name,
        name="umgebung",
        class_="sk-map sk-map--small",
        radius=12.0,
    )
    return {"around": around, "far": queries.distance(around.radius), "map": drawn if spots else ""}


def _radius(given: str) -> int:
    return int(given) if given in map(str, queries.RADII) else _USUAL
