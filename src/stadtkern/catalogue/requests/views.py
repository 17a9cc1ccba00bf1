# SPDX-License-Identifier: EUPL-1.2
"""Public pages of requests: what was asked and answered, asking, finding one's own again."""

from __future__ import annotations

from collections.abc import Mapping
from urllib.parse import urlencode

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import translation
from django.utils.translation import gettext

from stadtkern.catalogue.requests import forms, operations, queries
from stadtkern.catalogue.requests.entities import PROGRESS
from stadtkern.ui import guard
from stadtkern.ui import visit as visits
from stadtkern.ui.visit import Visit

_LARGEST_ID = 2**63 - 1


async def listing(request: HttpRequest) -> HttpResponse:
    """What people asked for, newest first."""
    text = request.GET.get("q", "").strip()[:100].replace("\0", "")
    progress = request.GET.get("stand", "")
    progress = progress if progress in PROGRESS else ""
    number = request.GET.get("seite", "")
    page = max(1, int(number)) if number.isdecimal() and len(number) < 5 else 1
    async with visits.open_visit(request) as visit:
        found = await queries.shown(
            visit.connection,
            visit.scope,
            text=text,
            progress=progress,
            offset=(page - 1) * queries.SIZE,
        )
    asked = {"q": text, "stand": progress}
    context = {
        "requests": found[: queries.SIZE],
        "text": text,
        "progress": progress,
        "all_progress": PROGRESS,
        "before": page_address(asked, page - 1) if page > 1 else "",
        "after": page_address(asked, page + 1) if len(found) > queries.SIZE else "",
    }
    return render(request, "catalogue/requests/list.html", context)


async def one(request: HttpRequest, id: int) -> HttpResponse:
    """One request with its answers."""
    async with visits.open_visit(request) as visit:
        found = await queries.one_shown(visit.connection, visit.scope, id=id) if id <= _LARGEST_ID else None
        if found is None:
            raise Http404
        answers = await queries.answers(visit.connection, id=id)
    return render(request, "catalogue/requests/request.html", {"asked": found, "answers": answers})


async def ask(request: HttpRequest) -> HttpResponse:
    """The form, and what becomes of it."""
    initial = {"title": request.GET.get("titel", "")[:150]}
    form = forms.AskForm(request.POST or None, initial=initial, mail=settings.MAIL_WORKS)
    status = 200
    async with visits.open_visit(request) as visit:
        if request.method == "POST" and form.is_valid():
            try:
                return redirect("request-own", secret=await _taken(request, visit, form.cleaned_data))
            except operations.TooManyRequests as many:
                form.add_error(
                    None, gettext("Gerade gibt es zu viele Anfragen. Bitte kommen Sie später wieder.")
                )
                status = many.status
    # Sending again what was refused keeps its ticket, so that a double click stays one request.
    about = {"form": form, "ticket": form.next_ticket}
    answer = render(request, "catalogue/requests/ask.html", about, status=status)
    answer["Cache-Control"] = "no-store"
    return answer


async def _taken(request: HttpRequest, visit: Visit, given: Mapping[str, str]) -> str:
    """The secret of the request, once it is stored."""
    if not guard.PATIENCE.take(request):
        raise operations.TooManyRequests()
    return await operations.ask(
        visit.connection,
        title=given["title"],
        body=given["body"],
        purpose=given["purpose"],
        language=translation.get_language() or "de",
        ticket=given["ticket"],
        email=given.get("email", ""),
    )


async def own(request: HttpRequest, secret: str) -> HttpResponse:
    """What became of one's own request; the address is all that proves it."""
    async with visits.open_visit(request) as visit:
        found = await queries.own(visit.connection, visit.scope, secret=secret)
        if found is None:
            raise Http404
        answers = await queries.answers(visit.connection, id=found.id)
    context = {"asked": found, "answers": answers, "own": True}
    answer = render(request, "catalogue/requests/request.html", context)
    answer["Cache-Control"] = "no-store"
    answer["Referrer-Policy"] = "no-referrer"
    answer["X-Robots-Tag"] = "noindex"
    return answer


def page_address(asked: dict[str, str], number: int) -> str:
    """The same list, another page."""
    kept = {key: value for key, value in asked.items() if value}
    return "?" + urlencode(kept | ({"seite": str(number)} if number > 1 else {}))
