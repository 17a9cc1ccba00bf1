# SPDX-License-Identifier: EUPL-1.2
"""Labels with QR codes for many places at once: chosen from the list, printed on sheets of A4."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from typing import Any

import msgspec
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.safestring import SafeString
from django.utils.translation import gettext

from stadtkern.core.fragments import Fragment
from stadtkern.insights import kinds, streams
from stadtkern.insights.cockpit import mapped
from stadtkern.insights.explore import catalogue, poster
from stadtkern.insights.streams import Site
from stadtkern.ui import visit as visits
from stadtkern.ui.visit import Visit

# So many places can be chosen from, and so many labels are made at once: four sheets of the smallest.
MOST = 500
PRINTED = 96
# Labels side by side and one below the other on a sheet.
SIZES: Mapping[str, tuple[int, int]] = {"gross": (1, 2), "mittel": (2, 4), "klein": (3, 8)}


class Label(msgspec.Struct, frozen=True):
    """What one label says."""

    site: Site
    address: str
    code: SafeString


async def page(request: HttpRequest) -> HttpResponse:
    """Choose places (`ding=…`, several), then print their labels; all in the address."""
    query = request.GET.get("q", "").strip()[:100].replace("\0", "")
    kind = kinds.BY_KEY.get(request.GET.get("art", ""))
    size = request.GET.get("groesse", "")
    size = size if size in SIZES else "mittel"
    ids = _chosen(request)
    async with visits.open_visit(request) as visit:
        found = await _places(visit, query=query, kind=kind)
        shown = await _named(visit, ids[:PRINTED])
        present = await mapped.kinds_present(visit)
    addresses = [poster.address(site.id) for site in shown]
    # In a thread: nobody else waits while many codes are made. Words are not known there (language).
    await asyncio.to_thread(lambda: [poster.marks(address) for address in addresses])
    about: dict[str, Any] = {
        # What is chosen stays chosen, whatever is searched for next.
        "places": [*shown, *(site for site in found[:MOST] if site.id not in set(ids))],
        "more": len(found) > MOST,
        "present": present,
        "chosen": set(ids),
        "cut": len(ids) > PRINTED,
        "most": PRINTED,
        "query": query,
        "kind": kind,
        "size": size,
        "sizes": _sizes(),
        "sheets": _sheets([_label(site) for site in shown], size=size),
    }
    return render(request, "insights/explore/labels.html", about)


def _chosen(request: HttpRequest) -> list[int]:
    given = [
        word for word in request.GET.getlist("ding") if word.isascii() and word.isdecimal() and len(word) < 19
    ]
    return list(dict.fromkeys(int(word) for word in given))[: MOST + 1]


async def _places(visit: Visit, *, query: str, kind: kinds.Kind | None) -> Sequence[Site]:
    conditions = catalogue.conditions(visit, query=query, kind=kind)
    return [site for site, _ in await streams.sites(visit, *conditions, limit=MOST + 1)]


async def _named(visit: Visit, ids: Sequence[int]) -> Sequence[Site]:
    if not ids:
        return []
    here = Fragment("t.id = ANY (%s::bigint[])", (list(ids),))
    return [site for site, _ in await streams.sites(visit, here, limit=PRINTED)]


def _label(site: Site) -> Label:
    here = poster.address(site.id)
    title = gettext("QR-Code zu: %(name)s") % {"name": site.name}
    return Label(site, poster.typed(here), poster.code(here, title=title))


def _sheets(labels: Sequence[Label], *, size: str) -> list[Sequence[Label]]:
    across, down = SIZES[size]
    each = across * down
    return [labels[at : at + each] for at in range(0, len(labels), each)]


def _sizes() -> list[tuple[str, str]]:
    return [
        ("gross", gettext("groß: 2 auf einem Blatt")),
        ("mittel", gettext("mittel: 8 auf einem Blatt")),
        ("klein", gettext("klein: 24 auf einem Blatt")),
    ]
