# SPDX-License-Identifier: EUPL-1.2
"""Views of the list of datasets, of one dataset, and of what machines read of both."""

from __future__ import annotations

from urllib.parse import quote

import msgspec
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect, JsonResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.cache import patch_vary_headers

from stadtkern.catalogue import queries, uses
from stadtkern.catalogue.browse import area, feeds, listing, record, series, wording
from stadtkern.catalogue.entities import Dataset
from stadtkern.catalogue.search import find
from stadtkern.catalogue.search import question as questions
from stadtkern.catalogue.usage import counting
from stadtkern.core import access, audit
from stadtkern.core.access import Scope
from stadtkern.identity import permissions
from stadtkern.ui import visit as visits
from stadtkern.ui.visit import Visit

_IN_FEED = 50
_SUGGESTED, _LEAST_LETTERS = 8, 2


async def datasets(request: HttpRequest) -> HttpResponse:
    """The list with its search and facets."""
    question = questions.read(request.GET)
    async with visits.open_visit(request) as visit:
        found = await listing.read(visit, question=question)
        areas = await area.read(visit, question=question)
    context = {
        "areas": areas,
        "without_area": "?" + msgspec.structs.replace(question, area=None, page=1).query(),
        "question": question,
        "problem": questions.problem(request.GET),
        "listing": found,
        "kept": question.hidden(without=("q",)),
        "kept_for_place": question.hidden(without=("von", "bis", "ausschnitt")),
        "feed_query": question.sorted_by("").query(),
    }
    return render(request, "catalogue/browse/datasets.html", context)


async def suggest(request: HttpRequest) -> HttpResponse:
    """Titles of datasets for the list below the search field."""
    asked = questions.read({"q": request.GET.get("q", "")})
    found: list[Dataset] = []
    async with visits.open_visit(request) as visit:
        if sum(map(len, asked.words)) >= _LEAST_LETTERS:
            hits = await find.search(visit.connection, visit.scope, question=asked, size=_SUGGESTED)
            found = list(hits.datasets)
    suggestions = [
        {
            "text": wording.said(dict(each.title)) or each.key,
            "url": reverse("dataset", args=[each.key]),
            "kind": str(wording.KINDS[each.kind]),
        }
        for each in found
    ]
    return JsonResponse({"suggestions": suggestions})


async def dataset(request: HttpRequest, key: str) -> HttpResponse:
    """One dataset."""
    async with visits.open_visit(request) as visit:
        found = await _dataset(visit, key)
        context = {
            **await record.context(visit, found),
            "may_edit": await _may_edit(request, visit, found),
            "uses": await uses.of_dataset(request, visit, dataset_id=found.id),
        }
        await counting.count(request, visit, dataset_id=found.id, kind="view")
    audit.only(found.id)
    answer = render(request, "catalogue/browse/dataset.html", context)
    if not record.public(found):
        answer["X-Robots-Tag"] = "noindex"
    return answer


async def interface(request: HttpRequest, key: str) -> HttpResponse:
    """The dataset's series in the SensorThings interface."""
    listed = await _series(request, key, kind="sta")
    return _elsewhere(f"/sta/v1.1/Datastreams?$filter={quote(f'id in ({listed})')}&$expand=Thing")


async def feed(request: HttpRequest) -> HttpResponse:
    """New and changed datasets, all or those of a search."""
    question = questions.read(request.GET).sorted_by("neu")
    async with visits.open_visit(request) as visit:
        found = await find.search(visit.connection, visit.scope, question=question, size=_IN_FEED)
        query = question.sorted_by("").query()
        text = feeds.atom(found.datasets, city=visit.city.name, query=query, now=visit.now)
    answer = HttpResponse(text, content_type="application/atom+xml; charset=utf-8")
    patch_vary_headers(answer, ["Cookie"])
    return answer


async def sitemap_index(request: HttpRequest) -> HttpResponse:
    """The parts of the sitemap; it names what everybody may see, whoever asks."""
    async with visits.open_visit(request) as visit:
        text = await feeds.sitemap_index(visit.connection, await _everybody(visit))
    return HttpResponse(text, content_type="application/xml; charset=utf-8")


async def sitemap(request: HttpRequest, part: int) -> HttpResponse:
    """One part of the sitemap."""
    async with visits.open_visit(request) as visit:
        text = (
            await feeds.sitemap(visit.connection, await _everybody(visit), part=part)
            if 0 < part < 10_000
            else None
        )
    if text is None:
        raise Http404
    return HttpResponse(text, content_type="application/xml; charset=utf-8")


async def _everybody(visit: Visit) -> Scope:
    return await visits.DOOR.gate.scope(visit.connection, access.ANONYMOUS)


async def _dataset(visit: Visit, key: str) -> Dataset:
    found = await queries.one(visit.connection, visit.scope, key=key)
    if found is None:
        raise Http404
    return found


async def _may_edit(request: HttpRequest, visit: Visit, found: Dataset) -> bool:
    person = await permissions.person(visit, request)
    return person is not None and person.may(role="editor", organisation_id=found.organisation.id)


async def _series(request: HttpRequest, key: str, *, kind: counting.Kind) -> str:
    """The ids of the dataset's series, as a list in a filter."""
    async with visits.open_visit(request) as visit:
        found = await _dataset(visit, key)
        known = await series.ids(visit, dataset_id=found.id)
        await counting.count(request, visit, dataset_id=found.id, kind=kind)
    if found.kind != "series":
        raise Http404
    return ",".join(map(str, known or [0]))


def _elsewhere(address: str) -> HttpResponse:
    answer = HttpResponseRedirect(address)
    answer["Cache-Control"] = "no-cache"
    answer["Access-Control-Allow-Origin"] = "*"
    return answer
