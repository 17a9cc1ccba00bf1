# SPDX-License-Identifier: EUPL-1.2
"""The film and its captions for everybody; the list and the form for the city's editors."""

from __future__ import annotations

import asyncio
from typing import Any
from uuid import UUID

from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render

from stadtkern.city.signs import operations, queries
from stadtkern.city.signs.entities import Content, Sign
from stadtkern.core import settings as core_settings
from stadtkern.identity import permissions
from stadtkern.identity.permissions import Person
from stadtkern.ui import sending
from stadtkern.ui import visit as visits
from stadtkern.ui.visit import Visit
from stadtkern.web.signs.forms import SignForm

_CHUNK = 1 << 20


async def film(request: HttpRequest, content: UUID) -> HttpResponseBase:
    """The film, whole or in part, to be played in the page."""
    async with visits.open_visit(request) as visit:
        found = await _shown(visit, content)
    ending = found.media_type.rpartition("/")[2]
    return sending.shown(
        request,
        sending.Sent(
            path=operations.path(core_settings.load(), content),
            name=f"gebaerdensprache.{ending}",
            kind=found.media_type,
            tag=content.hex,
            modified_at=found.changed_at,
            public=True,
        ),
    )


async def captions(request: HttpRequest, content: UUID) -> HttpResponse:
    """What the film says, as WebVTT."""
    async with visits.open_visit(request) as visit:
        found = await _shown(visit, content)
        text = await queries.captions(visit.connection, path=found.path)
    if not text:
        raise Http404
    answer = HttpResponse(text, content_type="text/vtt; charset=utf-8")
    answer["Cache-Control"] = "no-cache"
    return answer


async def _shown(visit: Visit, content: UUID) -> Sign:
    """The page that shows a film. Raises Http404."""
    known = await queries.by_path(visit.connection)
    found = next((sign for sign in known.values() if sign.content == content), None)
    if found is None:
        raise Http404
    return found


async def listing(request: HttpRequest) -> HttpResponse:
    """All pages with a video."""
    async with visits.open_visit(request) as visit:
        await permissions.require_in_city(request, visit.connection, role="editor")
        known = await queries.by_path(visit.connection)
    return render(request, "web/signs/work.html", {"signs": list(known.values())})


async def change(request: HttpRequest) -> HttpResponse:
    """A page's video: a new one, or another one (`?seite=`)."""
    async with visits.open_visit(request) as visit:
        person = await permissions.require_in_city(request, visit.connection, role="editor")
        known = await queries.by_path(visit.connection)
        before = known.get(request.GET.get("seite", ""))
        begin = {"page": request.GET.get("seite", "")[:300]}
        if before:
            text = await queries.captions(visit.connection, path=before.path)
            begin |= {"link": before.link, "captions": text}
        form = SignForm(request.POST or None, request.FILES or None, before=before, initial=begin)
        if request.method == "POST" and form.is_valid():
            await _save(visit, person, form, known.get(form.cleaned_data["page"]))
            return redirect("sign-work")
    return render(request, "web/signs/form.html", {"form": form, "sign": before})


async def _save(visit: Visit, person: Person, form: SignForm, before: Sign | None) -> None:
    """The file first, then its row."""
    settings, given = core_settings.load(), form.cleaned_data
    film: Content | None = before.film if before and not given["link"] else None
    if upload := given["film"]:
        film = await asyncio.to_thread(
            lambda: operations.keep(settings, upload.chunks(_CHUNK), media_type=form.media_type())
        )
    said: dict[str, Any] = {"link": given["link"], "film": film, "captions": given["captions"]}
    await operations.save(visit.connection, settings, by=person.principal_id, page=given["page"], **said)
    visits.DOOR.forget_city()


async def remove(request: HttpRequest) -> HttpResponse:
    """Take a page's video away, after asking."""
    page = request.GET.get("seite", "")
    async with visits.open_visit(request) as visit:
        await permissions.require_in_city(request, visit.connection, role="editor")
        sign = (await queries.by_path(visit.connection)).get(page)
        if sign is None:
            raise Http404
        if request.method == "POST":
            await operations.remove(visit.connection, core_settings.load(), page=page)
            visits.DOOR.forget_city()
            return redirect("sign-work")
    return render(request, "web/signs/remove.html", {"sign": sign})
