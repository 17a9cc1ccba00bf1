# SPDX-License-Identifier: EUPL-1.2
"""A dataset's map and table for other people's pages: what everybody may see, without cookies or script."""

from __future__ import annotations

from typing import Any

import msgspec
from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.html import escape
from django.utils.translation import gettext

from stadtkern.catalogue import queries
from stadtkern.catalogue.browse import picture, table, wording
from stadtkern.catalogue.browse.series import Holding
from stadtkern.catalogue.browse.table import Preview
from stadtkern.catalogue.entities import Dataset
from stadtkern.catalogue.usage import counting
from stadtkern.core import access
from stadtkern.ui import visit as visits
from stadtkern.ui.visit import Visit

_KEPT_SECONDS = 300
_ROWS = 25


class Snippet(msgspec.Struct, frozen=True):
    """Lines to copy, and what they show."""

    name: str
    about: str
    lines: str


async def embedded_map(request: HttpRequest, key: str) -> HttpResponse:
    """The map of a dataset. Whoever is signed in sees here what strangers see: other pages could look."""
    async with visits.open_visit(request) as visit:
        stranger, dataset = await _public(visit, key)
        found = await picture.of_dataset(stranger, dataset)
        if found is None:
            raise Http404
        await counting.count(request, stranger, dataset_id=dataset.id, kind="embed")
    return _answer(request, dataset, {"picture": found})


async def embedded_table(request: HttpRequest, key: str) -> HttpResponse:
    """The first rows of a dataset's table, as strangers see it."""
    async with visits.open_visit(request) as visit:
        stranger, dataset = await _public(visit, key)
        found = await table.of_dataset(stranger, dataset_id=dataset.id, rows=_ROWS)
        if not found:
            raise Http404
        await counting.count(request, stranger, dataset_id=dataset.id, kind="embed")
    return _answer(request, dataset, {"table": found[0]})


def snippets(
    dataset: Dataset, *, mapped: bool, tables: list[Preview], holding: Holding | None
) -> list[Snippet]:
    """What of a public dataset can be put into other pages; nothing of one that is not public."""
    if dataset.state != "published" or dataset.room.kind != "public":
        return []
    title = wording.said(dataset.title) or dataset.key
    found = []
    if holding is not None and holding.rows:
        first = holding.rows[0]
        address = reverse("datastream-embedded", args=[first.id])
        about = gettext("Das Diagramm der Messreihe „%(name)s“:") % {"name": first.name}
        found.append(Snippet("diagramm", about, lines(address, title=first.name, height=460)))
    if mapped:
        address = reverse("dataset-embedded-map", args=[dataset.key])
        found.append(Snippet("karte", gettext("Die Karte:"), lines(address, title=title, height=620)))
    if tables:
        address = reverse("dataset-embedded-table", args=[dataset.key])
        found.append(
            Snippet(
                "tabelle", gettext("Die ersten Zeilen der Tabelle:"), lines(address, title=title, height=480)
            )
        )
    return found


def lines(address: str, *, title: str, height: int) -> str:
    """The lines to copy for one of our addresses, as text to be shown."""
    source, name = escape(settings.PUBLIC_URL + address), escape(title)
    return f'<iframe src="{source}" title="{name}" width="100%" height="{height}" loading="lazy"></iframe>'


async def _public(visit: Visit, key: str) -> tuple[Visit, Dataset]:
    """What a stranger sees, and the dataset. Raises Http404."""
    scope = await visits.DOOR.gate.scope(visit.connection, access.ANONYMOUS)
    stranger = msgspec.structs.replace(visit, scope=scope)
    found = await queries.one(stranger.connection, stranger.scope, key=key)
    if found is None:
        raise Http404
    return stranger, found


def _answer(request: HttpRequest, dataset: Dataset, context: dict[str, Any]) -> HttpResponse:
    context |= {
        "dataset": dataset,
        "title": wording.said(dataset.title) or dataset.key,
        "licences": wording.licences(dataset),
        "address": settings.PUBLIC_URL + reverse("dataset", args=[dataset.key]),
    }
    answer = render(request, "catalogue/browse/embedded.html", context)
    answer._csp_replace = {"frame-ancestors": ["*"], "script-src": ["'none'"]}  # type: ignore[attr-defined]
    answer["Cache-Control"] = f"public, max-age={_KEPT_SECONDS}"
    return answer
