# SPDX-License-Identifier: EUPL-1.2
"""Pages about the site itself: where the data comes from, how machines read it, how accessible it is."""

from __future__ import annotations

from urllib.parse import urlencode

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import translation

from stadtkern.city import languages
from stadtkern.insights import streams
from stadtkern.ui import visit as visits
from stadtkern.web import gallery, workbench

_SOURCES = 50


async def sources(request: HttpRequest) -> HttpResponse:
    """Every dataset of time series with source and licence, some at a time."""
    since = request.GET.get("ab", "").replace("\0", "")[:200]
    async with visits.open_visit(request) as visit:
        found = await streams.datasets(visit, limit=_SOURCES + 1, since=since)
    following = urlencode({"ab": found[-1].dataset.key}) if len(found) > _SOURCES else ""
    context = {"datasets": found[:_SOURCES], "following": following, "begun": not since}
    return render(request, "web/sources.html", context)


async def interfaces(request: HttpRequest) -> HttpResponse:
    """Addresses for machines."""
    async with visits.open_visit(request):
        mqtt = workbench.mqtt_lines(settings.MQTT_ENDPOINTS, prefix=settings.MQTT_PREFIX)
        given = {"api": f"{settings.PUBLIC_URL}/sta/v1.1", "base": settings.PUBLIC_URL, "mqtt": mqtt}
        return render(request, "web/interfaces.html", given)


async def sensorthings(request: HttpRequest) -> HttpResponse:
    """The API's entity types, and a form that asks it."""
    async with visits.open_visit(request) as visit:
        found = await workbench.context(visit, api=f"{settings.PUBLIC_URL}/sta/v1.1")
    return render(request, "web/sensorthings.html", found)


async def accessibility(request: HttpRequest) -> HttpResponse:
    """What was done so that everybody can read these pages."""
    return await _read(request, "accessibility")


async def about(request: HttpRequest) -> HttpResponse:
    """What these pages are, and what they promise."""
    return await _read(request, "about")


async def privacy(request: HttpRequest) -> HttpResponse:
    """What these pages know about whoever reads them."""
    return await _read(request, "privacy")


async def _read(request: HttpRequest, name: str) -> HttpResponse:
    """A page of text; in easy language it is written anew, not translated."""
    easy = translation.get_language() == languages.EASY
    async with visits.open_visit(request):
        return render(request, f"web/easy/{name}.html" if easy else f"web/{name}.html")


async def components(request: HttpRequest) -> HttpResponse:
    """Every component in every state."""
    async with visits.open_visit(request):
        return render(request, "web/gallery/gallery.html", gallery.context())
