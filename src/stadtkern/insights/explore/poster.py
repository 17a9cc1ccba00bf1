# SPDX-License-Identifier: EUPL-1.2
"""The short address of a place, and a sheet with its QR code (ISO/IEC 18004) to be put up there."""

from __future__ import annotations

import re
from functools import lru_cache

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.safestring import SafeString
from django.utils.translation import gettext

from stadtkern.insights import kinds
from stadtkern.insights import streams as streams_of
from stadtkern.ui import drawing
from stadtkern.ui import visit as visits

_LARGEST_ID = 2**63 - 1
_DARK = re.compile(b"\1+")
_QUIET = 4  # modules of white around the code, as the standard asks


def address(id: int) -> str:
    """`https://stadt.example/m/123`: short enough to be typed."""
    return f"{settings.PUBLIC_URL}{reverse('thing-short', args=[id])}"


def typed(address: str) -> str:
    """`stadt.example/m/123`: what people type of it; browsers find the rest."""
    return address.partition("://")[2]


async def short(request: HttpRequest, id: int) -> HttpResponseRedirect:  # noqa: ARG001
    """To the page of the place; whether it is there, that page says."""
    return redirect("thing", id=min(id, _LARGEST_ID))


async def sheet(request: HttpRequest, id: int) -> HttpResponse:
    """What this is, and where its values stand."""
    async with visits.open_visit(request) as visit:
        found = await streams_of.site(visit, thing_id=id) if id <= _LARGEST_ID else None
        if found is None:
            raise Http404
        series = await streams_of.of_site(visit, thing_id=id)
    site, dataset = found
    here = address(id)
    context = {
        "site": site,
        "kind": series[0].what if series else kinds.OTHER,
        "observed": list(dict.fromkeys(s.property_name or s.name for s in series))[:6],
        "address": typed(here),
        "code": code(here, title=gettext("QR-Code mit der Adresse dieser Seite")),
        "datasets": [dataset.about],
    }
    return render(request, "insights/explore/poster.html", context)


def code(text: str, *, title: str) -> SafeString:
    """The text as a QR code that can be read with up to 15 % of it damaged."""
    side, dark = marks(text)
    return drawing.element(
        "svg",
        drawing.element("title", title),
        drawing.element("rect", class_="ground", width=side, height=side),
        drawing.element("path", class_="marks", d=dark),
        class_="sk-qr",
        role="img",
        viewBox=f"0 0 {side} {side}",
    )


@lru_cache(maxsize=1_000)
def marks(text: str) -> tuple[int, str]:
    """How many modules a side has, and its dark ones from left to right; some 7 ms of work each."""
    import segno

    rows = [bytes(row) for row in segno.make_qr(text, error="m").matrix]
    drawn = "".join(
        f"M{dark.start() + _QUIET} {y + _QUIET}h{len(dark[0])}v1h-{len(dark[0])}z"
        for y, row in enumerate(rows)
        for dark in _DARK.finditer(row)
    )
    return len(rows) + 2 * _QUIET, drawn
