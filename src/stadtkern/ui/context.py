# SPDX-License-Identifier: EUPL-1.2
"""What every template knows: the city, the navigation, the same page in the other language."""

from __future__ import annotations

from typing import Any

import msgspec
from django.conf import settings
from django.http import HttpRequest
from django.urls import reverse, translate_url
from django.utils import translation
from django.utils.translation import gettext

from stadtkern.ui.visit import City


class Place(msgspec.Struct, frozen=True):
    """One entry of the navigation."""

    title: str
    url: str
    here: bool


def page(request: HttpRequest) -> dict[str, Any]:
    """The context processor of all pages."""
    visit = getattr(request, "visit", None)
    city = visit.city if visit else getattr(request, "city", City())
    language = translation.get_language() or settings.LANGUAGE_CODE
    other = "en" if language == "de" else "de"
    return {
        "city": city,
        "now": visit.now if visit else None,
        "zone": city.zone,
        "person": getattr(request, "person", None),
        "language": language,
        "other_language": other,
        "other_address": translate_url(request.get_full_path(), other),
        "public_url": settings.PUBLIC_URL,
        "account_here": request.path.startswith((reverse("account"), reverse("account_login"))),
        "navigation": _navigation(request),
    }


def _navigation(request: HttpRequest) -> list[Place]:
    path = request.path
    front = reverse("front")
    sections = [
        (gettext("Stadt jetzt"), front),
        (gettext("Karte"), reverse("map")),
        (gettext("Messorte"), reverse("things")),
        (gettext("Daten"), reverse("datasets")),
    ]
    person = getattr(request, "person", None)
    if person and person.works_here:
        sections.append((gettext("Arbeit"), reverse("work")))
    return [
        Place(title, url, path == url if url == front else path.startswith(url)) for title, url in sections
    ]
