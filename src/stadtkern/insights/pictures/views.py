# SPDX-License-Identifier: EUPL-1.2
"""The picture of a thing, and the page on which editors give it one."""

from __future__ import annotations

from typing import Any

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render

from stadtkern.core import audit
from stadtkern.identity import permissions
from stadtkern.insights import streams
from stadtkern.insights.pictures import operations, queries
from stadtkern.insights.pictures.forms import PictureForm
from stadtkern.insights.pictures.queries import Picture
from stadtkern.insights.streams import Dataset, Site
from stadtkern.ui import visit as visits
from stadtkern.ui.visit import Visit

_LARGEST_ID = 2**63 - 1
_TOLD_AGAIN = "private, no-cache"


async def show(request: HttpRequest, id: int) -> HttpResponse:
    """The picture itself, which whoever sees the thing may see; asked again, it is not sent again."""
    async with visits.open_visit(request) as visit:
        found = await queries.data(visit, thing_id=id) if id <= _LARGEST_ID else None
    if found is None:
        raise Http404
    media_type, digest, data = found
    tag = f'"{digest}"'
    if request.headers.get("If-None-Match") == tag:
        answer = HttpResponse(status=304)
    else:
        answer = HttpResponse(data, content_type=media_type)
    answer["ETag"], answer["Cache-Control"] = tag, _TOLD_AGAIN
    answer["Content-Security-Policy"] = "default-src 'none'; sandbox"
    answer["X-Content-Type-Options"] = "nosniff"
    return answer


async def change(request: HttpRequest, id: int) -> HttpResponse:
    """A picture for a thing, in the place of an older one; or other words for it."""
    async with visits.open_visit(request) as visit:
        site, dataset, person = await _editor(visit, request, id)
        shown = await queries.one(visit, thing_id=id)
        given = (request.POST, request.FILES) if request.method == "POST" else (None, None)
        form = PictureForm(*given, initial=_start(shown), there=shown is not None)
        if form.is_valid():
            said = form.cleaned_data
            words: dict[str, Any] = {
                "thing_id": id,
                "alt": form.alt(),
                "credit": said["credit"],
                "by": person,
            }
            audit.touched(dataset.id)
            async with visit.connection.transaction():
                if said["picture"] is None:
                    await operations.describe(visit.connection, **words)
                else:
                    await operations.keep(visit.connection, image=said["picture"], **words)
            return redirect("thing", id=id)
    about = {"form": form, "site": site, "shown": shown}
    return render(request, "insights/pictures/form.html", about, status=422 if form.errors else 200)


async def remove(request: HttpRequest, id: int) -> HttpResponse:
    """Take the picture of a thing away, after asking."""
    async with visits.open_visit(request) as visit:
        site, dataset, _ = await _editor(visit, request, id)
        shown = await queries.one(visit, thing_id=id)
        if shown is None:
            raise Http404
        if request.method == "POST":
            audit.touched(dataset.id)
            await operations.remove(visit.connection, thing_id=id)
            return redirect("thing", id=id)
    return render(request, "insights/pictures/remove.html", {"site": site, "shown": shown})


async def may_change(visit: Visit, request: HttpRequest, dataset: Dataset) -> bool:
    """Whether whoever asks may give things of the dataset pictures; strangers are not even looked up."""
    person = await permissions.person(visit, request)
    if person is None or not person.may(role="editor"):
        return False
    try:
        await _require(visit, request, dataset)
    except permissions.RoleIsMissing:
        return False
    return True


async def _editor(visit: Visit, request: HttpRequest, id: int) -> tuple[Site, Dataset, int]:
    """The thing, its dataset and who works on it. Raises SignInNeeded, Http404, RoleIsMissing."""
    await permissions.require_signed_in(request, visit.connection)
    found = await streams.site(visit, thing_id=id) if id <= _LARGEST_ID else None
    if found is None:
        raise Http404
    site, dataset = found
    return site, dataset, await _require(visit, request, dataset)


async def _require(visit: Visit, request: HttpRequest, dataset: Dataset) -> int:
    person = await permissions.require_for_dataset(
        request, visit.connection, visit.scope, dataset_id=dataset.id, role="editor"
    )
    return person.principal_id


def _start(shown: Picture | None) -> dict[str, str]:
    if shown is None:
        return {}
    return {"alt_de": shown.alt.get("de", ""), "alt_en": shown.alt.get("en", ""), "credit": shown.credit}
