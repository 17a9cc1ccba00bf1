# SPDX-License-Identifier: EUPL-1.2
"""What every template knows: the city, the navigation, the same page in the other language."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.http import HttpRequest
from django.urls import reverse
from django.utils import translation

from stadtkern.city import languages
from stadtkern.ui import colours, sections
from stadtkern.ui import visit as visits


def page(request: HttpRequest) -> dict[str, Any]:
    """The context processor of all pages."""
    visit = getattr(request, "visit", None)
    city = visit.city if visit else getattr(request, "city", None) or visits.DOOR.last_city
    language = translation.get_language() or settings.LANGUAGE_CODE
    return {
        "city": city,
        "accent": colours.chosen(city.properties),
        "now": visit.now if visit else None,
        "zone": city.zone,
        "person": getattr(request, "person", None),
        "language": language,
        "easy": language == languages.EASY,
        "signed": city.signs.get(languages.moved(request.path, to=languages.FIRST)) if city.signs else None,
        "tongues": _tongues(request, language),
        "public_url": settings.PUBLIC_URL,
        "push_works": settings.PUSH,
        "account_here": request.path.startswith((reverse("account"), reverse("account_login"))),
        **_navigation(request),
    }


def _tongues(request: HttpRequest, language: str) -> list[dict[str, str]]:
    """The same page in the other languages, each named in itself."""
    here = request.get_full_path()
    return [
        {"code": code, "name": str(name), "address": languages.moved(here, to=code)}
        for code, name in settings.LANGUAGES
        if code != language
    ]


def _navigation(request: HttpRequest) -> dict[str, Any]:
    """The sections; of the one where the visitor is, its pages, when there are several."""
    found = sections.of(request)
    inside = next((section for section in found if section.here), None)
    return {"navigation": found, "inside": inside if inside and len(inside.entries) > 1 else None}
