# SPDX-License-Identifier: EUPL-1.2
"""Where administrators set the city's looks, and the stylesheet and logo that follow from it."""

from __future__ import annotations

from typing import Any

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render

from stadtkern.city import logo
from stadtkern.core import datasets
from stadtkern.identity import permissions
from stadtkern.ui import colours
from stadtkern.ui import visit as visits
from stadtkern.ui.visit import City, Visit
from stadtkern.web.looks import forms

_KEPT = "public, max-age=31536000, immutable"


async def looks(request: HttpRequest) -> HttpResponse:
    """The form, and how the colour comes out."""
    async with visits.open_visit(request) as visit:
        person = await permissions.require(request, visit.connection, role="administrator")
        if not person.administrator:
            raise permissions.RoleIsMissing("administrator")
        form = forms.LooksForm(request.POST or None, request.FILES or None, initial=_start(visit.city))
        if request.method == "POST" and form.is_valid():
            await _save(visit, form.cleaned_data)
            return redirect("looks")
    accent = colours.chosen(visit.city.properties)
    about = {"form": form, "shades": colours.shades(accent), "logo": visit.city.properties.get("logo")}
    return render(request, "web/looks.html", about)


# What stands among the city's properties under the field's name; days as ISO 8601.
_PLAIN = ("official", "imprint_url", "privacy_url", "enforcement_url", "accessibility_checked")


def _start(city: City) -> dict[str, Any]:
    return {
        "name": city.name,
        "accent": colours.chosen(city.properties),
        **{name: city.properties.get(name, "") for name in _PLAIN},
    }


async def _save(visit: Visit, given: dict[str, Any]) -> None:
    """Everything or nothing; what others keep among the city's properties stays."""
    async with visit.connection.transaction():
        city = await datasets.city(visit.connection)
        told: dict[str, Any] = {name: given[name] for name in ("accent", *_PLAIN)}
        checked = given["accessibility_checked"]
        told["accessibility_checked"] = checked.isoformat() if checked else ""
        if given["picture"]:
            told["logo"] = await logo.save(visit.connection, data=given["picture"])
        elif given["without"]:
            await logo.remove(visit.connection)
            told["logo"] = ""
        kept = {name: value for name, value in {**city.properties, **told}.items() if value != ""}
        changed = datasets.City(
            name=given["name"], time_zone=city.time_zone, languages=city.languages, properties=kept
        )
        await datasets.save_city(visit.connection, city=changed)
    visits.DOOR.forget_city()


async def stylesheet(request: HttpRequest) -> HttpResponse:
    """The city's colour; the address carries it, so that browsers may keep it."""
    async with visits.open_visit(request) as visit:
        accent = colours.chosen(visit.city.properties)
    answer = HttpResponse(colours.stylesheet(accent), content_type="text/css; charset=utf-8")
    answer["Cache-Control"] = _KEPT if request.GET.get("v") == accent[1:] else "no-cache"
    return answer


async def picture(request: HttpRequest) -> HttpResponse:
    """The logo."""
    async with visits.open_visit(request) as visit:
        found = await logo.find(visit.connection)
        digest = visit.city.properties.get("logo")
    if found is None:
        raise Http404
    answer = HttpResponse(found[1], content_type=found[0])
    answer["Content-Security-Policy"] = "default-src 'none'; sandbox"
    answer["Cache-Control"] = _KEPT if digest and request.GET.get("v") == digest else "no-cache"
    return answer
