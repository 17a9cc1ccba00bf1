# SPDX-License-Identifier: EUPL-1.2
"""What makes the pages an app: manifest, icons, the worker that keeps pages, the page without network."""

from __future__ import annotations

import struct
from pathlib import Path
from typing import Any

import msgspec
from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import translation
from django.utils.translation import gettext

from stadtkern.city import languages, logo
from stadtkern.ui import assets, colours
from stadtkern.ui import visit as visits
from stadtkern.ui.visit import Visit
from stadtkern.web.app import icons

_GROUND = "#f6f6f4"
_KEPT = "public, max-age=31536000, immutable"
_MOST_PAGES = 40
_SMALLEST_LOGO = 144
# What a page needs to look as it should; the rest is kept when it is first asked for.
_SHELL = ("app.css", "page.js", "offline.js", "icon.svg", "FiraSans-Regular.woff2", "FiraSans-SemiBold.woff2")


async def manifest(request: HttpRequest) -> HttpResponse:
    """The Web App Manifest (W3C), in the language of the address."""
    async with visits.open_visit(request) as visit:
        accent = colours.chosen(visit.city.properties)
        found = await _logo(visit)
    document = {
        "id": "/",
        "name": visit.city.name,
        "short_name": visit.city.name[:30],
        "description": gettext("Was in der Stadt gerade geschieht, und die Daten dazu."),
        "lang": translation.get_language() or "de",
        "dir": "ltr",
        "start_url": reverse("front"),
        "scope": "/",
        "display": "standalone",
        "theme_color": accent,
        "background_color": _GROUND,
        "icons": [*found, *_icons(accent)],
        "shortcuts": [
            {"name": str(name), "url": reverse(url)}
            for name, url in (
                (gettext("In meiner Nähe"), "nearby"),
                (gettext("Karte"), "map"),
                (gettext("Daten"), "datasets"),
                (gettext("Suche"), "search"),
            )
        ],
    }
    return HttpResponse(msgspec.json.encode(document), content_type="application/manifest+json")


def _icons(accent: str) -> list[dict[str, str]]:
    made = []
    for size in icons.SIZES:
        for purpose in ("any", "maskable"):
            address = reverse("app-icon", args=[size, purpose])
            made.append(
                {
                    "src": f"{address}?v={accent[1:]}",
                    "sizes": f"{size}x{size}",
                    "type": "image/png",
                    "purpose": purpose,
                }
            )
    return made


async def _logo(visit: Visit) -> list[dict[str, str]]:
    """The city's own picture where a phone can use it: a square PNG that is not small."""
    digest = visit.city.properties.get("logo")
    found = await logo.find(visit.connection) if digest else None
    if found is None or found[0] != "image/png" or len(found[1]) < 24:
        return []
    width, height = struct.unpack(">II", found[1][16:24])
    if width != height or width < _SMALLEST_LOGO:
        return []
    address = f"{reverse('logo')}?v={digest}"
    return [{"src": address, "sizes": f"{width}x{height}", "type": "image/png", "purpose": "any"}]


async def icon(request: HttpRequest, size: int, purpose: str) -> HttpResponse:
    """The icon in one size."""
    if size not in (*icons.SIZES, icons.TOUCH) or purpose not in ("any", "maskable"):
        raise Http404
    async with visits.open_visit(request) as visit:
        accent = colours.chosen(visit.city.properties)
    data = icons.draw(size=size, colour=accent, maskable=purpose == "maskable")
    answer = HttpResponse(data, content_type="image/png")
    answer["Cache-Control"] = _KEPT if request.GET.get("v") == accent[1:] else "no-cache"
    return answer


async def worker(request: HttpRequest) -> HttpResponse:  # noqa: ARG001
    """The service worker: its text changes with every build, so that browsers take the new one up."""
    told = {
        "assets": [assets.address(name) for name in _SHELL],
        "pages": _MOST_PAGES,
        "offline": {},
        "says": {},
        "begins": languages.PREFIXES,
        "icon": reverse("app-icon", args=[icons.SIZES[0], "any"]),
    }
    for language, _ in settings.LANGUAGES:
        with translation.override(language):
            told["offline"][language] = reverse("offline")  # type: ignore[index]
            told["says"][language] = _says()  # type: ignore[index]
    name = assets.address("worker.js").rpartition("/")[2]
    text = (Path(settings.ASSETS_FOLDER) / name).read_text(encoding="utf-8")
    body = f"self.STADTKERN = {msgspec.json.encode(told).decode()};\n{text}"
    answer = HttpResponse(body, content_type="text/javascript; charset=utf-8")
    answer["Cache-Control"] = "no-cache"
    return answer


def _says() -> dict[str, Any]:
    return {
        "offline": gettext("Keine Verbindung. Sie sehen den letzten Stand:"),
        "reload": gettext("Neu laden"),
    }


async def offline(request: HttpRequest) -> HttpResponse:
    """What shows where there is no network and the page was not kept."""
    async with visits.open_visit(request):
        return render(request, "web/offline.html")
