# SPDX-License-Identifier: EUPL-1.2
"""The catalogue and its datasets at `/catalog`, for whoever harvests it."""

from __future__ import annotations

from uuid import UUID

import msgspec
from django.conf import settings
from django.http import (
    HttpRequest,
    HttpResponse,
    HttpResponseBase,
    HttpResponseRedirect,
    StreamingHttpResponse,
)

from stadtkern.catalogue import machine
from stadtkern.catalogue.dcat import document, negotiation, writers
from stadtkern.catalogue.dcat.places import Addresses
from stadtkern.catalogue.dcat.writers import Format
from stadtkern.catalogue.usage import counting
from stadtkern.core import audit, problems


class SeeOther(HttpResponseRedirect):
    """The page for people about the same."""

    status_code = 303


@machine.door
async def catalogue(request: HttpRequest, ending: str = "", part: str = "") -> HttpResponseBase:
    """The catalogue, or its high-value datasets, in pages or (`limit=all`) as a whole."""
    form = _form(request, ending)
    if form is None:
        return _varying(SeeOther("/daten"))
    wanted = document.asked(
        path=request.path,
        limit=request.GET.get("limit", ""),
        after=request.GET.get("after", ""),
        only_hvd=part == "hvd",
    )
    async with machine.opened(request):
        pass  # whoever may not ask at all is told so before anything is sent
    parts = document.catalogue(
        lambda: machine.opened(request), addresses=_addresses(), form=form, wanted=wanted
    )
    kind = f"{form.media_types[0]}; charset=utf-8"
    return _varying(StreamingHttpResponse(parts, content_type=kind))


@machine.door
async def dataset(request: HttpRequest, uuid: UUID, ending: str = "") -> HttpResponseBase:
    """One dataset; browsers are led to its page."""
    form = _form(request, ending)
    async with machine.opened(request) as visit:
        about = await document.published(visit, uuid=uuid)
        audit.only(about.id)
        if form is None:
            return _varying(SeeOther(f"/daten/{about.key}"))
        counting.TALLY.add(about.id, "dcat")
        body = await document.one(visit, addresses=_addresses(), form=form, about=about)
        await counting.settle(visit.connection)
    return _varying(HttpResponse(body, content_type=f"{form.media_types[0]}; charset=utf-8"))


@machine.door
async def findings(request: HttpRequest) -> HttpResponseBase:
    """What our own checks find wrong with published datasets, a hundred at a time."""
    after = document.asked(path="", limit="", after=request.GET.get("after", ""), only_hvd=False).after
    async with machine.opened(request) as visit:
        found, further = await document.judged(visit, addresses=_addresses(), after=after)
    following = f"{settings.PUBLIC_URL}/catalog/checks?after={further}" if further else None
    return HttpResponse(
        msgspec.json.encode({"datasets": found, "next": following}), content_type="application/json"
    )


def _addresses() -> Addresses:
    return Addresses(settings.PUBLIC_URL)


def _form(request: HttpRequest, ending: str) -> Format | None:
    if ending:
        found = writers.BY_ENDING.get(ending)
        if found is None:
            raise problems.NotFound(f"there is no format `{ending[:20]}`; there are ttl, jsonld, rdf and nt")
        return found
    return negotiation.choose(request.headers.get("accept", ""))


def _varying(answer: HttpResponseBase) -> HttpResponseBase:
    answer["Vary"] = "Accept, Cookie, Authorization"
    return answer
