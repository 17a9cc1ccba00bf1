# SPDX-License-Identifier: EUPL-1.2
"""What can be taken away from a diagram: its numbers and its picture, with the source in it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from django.conf import settings
from django.http import HttpResponse
from django.utils.translation import gettext

from stadtkern.ui import formats


def numbers(content: bytes, *, name: str) -> HttpResponse:
    """A file of comma-separated values."""
    return _file(content, name=f"{name}.csv", kind="text/csv; charset=utf-8; header=present")


def picture(drawn: str, *, name: str) -> HttpResponse:
    """An SVG that loads and runs nothing."""
    answer = _file(drawn.encode(), name=f"{name}.svg", kind="image/svg+xml; charset=utf-8")
    answer._csp_replace = {"default-src": ["'none'"], "sandbox": [""]}  # type: ignore[attr-defined]
    return answer


def source(abouts: Iterable[Mapping[str, Any]], *, path: str) -> str:
    """Whose the data are, under which licence, and where they are found."""
    return gettext("Quelle: %(source)s · %(address)s") % {
        "source": " · ".join(_told(about) for about in abouts),
        "address": f"{settings.PUBLIC_URL}{path}",
    }


def _told(about: Mapping[str, Any]) -> str:
    licence = about.get("licence")
    said = formats.words(about.get("attribution"))
    return f"{said}, {licence}" if licence else said


def _file(content: bytes, *, name: str, kind: str) -> HttpResponse:
    answer = HttpResponse(content, content_type=kind)
    answer["Content-Disposition"] = f'attachment; filename="{name}"'
    return answer
