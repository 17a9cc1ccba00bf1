# SPDX-License-Identifier: EUPL-1.2
"""Pages on which requests are read before others see them, and answered."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext

from stadtkern.catalogue.inventory import permissions as rights
from stadtkern.catalogue.inventory import queries as entries
from stadtkern.catalogue.inventory.views import Desk
from stadtkern.catalogue.requests import forms, operations, proposing, queries
from stadtkern.catalogue.requests.entities import STATES, Request
from stadtkern.catalogue.requests.views import page_address
from stadtkern.identity import permissions
from stadtkern.ui import done
from stadtkern.ui import visit as visits

_LARGEST_ID = 2**63 - 1


@asynccontextmanager
async def open_desk(request: HttpRequest) -> AsyncIterator[Desk]:
    """Let stewards of the city to work. Raises SignInNeeded, RoleIsMissing."""
    async with visits.open_visit(request) as visit:
        person = await permissions.require(request, visit.connection, role="steward")
        reach = await rights.reach(visit.connection, person=person)
        if not reach.city:
            raise permissions.RoleIsMissing("steward")
        yield Desk(visit, person, reach)


async def listing(request: HttpRequest) -> HttpResponse:
    """Those that wait, or all in another state."""
    state = request.GET.get("stand", "new")
    state = state if state in STATES else "new"
    number = request.GET.get("seite", "")
    page = max(1, int(number)) if number.isdecimal() and len(number) < 5 else 1
    async with open_desk(request) as desk:
        visit = desk.visit
        offset = (page - 1) * queries.SIZE
        found = await queries.everything(visit.connection, visit.scope, state=state, offset=offset)
        waiting = await queries.waiting(visit.connection)
    context = {
        "requests": found[: queries.SIZE],
        "state": state,
        "states": STATES,
        "waiting": waiting,
        "before": page_address({"stand": state}, page - 1) if page > 1 else "",
        "after": page_address({"stand": state}, page + 1) if len(found) > queries.SIZE else "",
    }
    return render(request, "catalogue/requests/work.html", context)


async def one(request: HttpRequest, id: int) -> HttpResponse:
    """One request: show it or not, answer it."""
    async with open_desk(request) as desk:
        found = await _request(desk, id)
        offers = {
            "datasets": await proposing.datasets(desk, asked=found),
            "entries": await proposing.entries(desk, asked=found),
        }
        moderation, answering = forms.ModerationForm(), forms.AnswerForm(initial=_start(found), **offers)
        what = request.POST.get("what", "")
        if what == "moderate":
            moderation = forms.ModerationForm(request.POST)
            if request.POST.get("seen", found.state) != found.state:
                moderation.add_error(None, _decided())
            if moderation.is_valid():
                given = moderation.cleaned_data
                shown = given["shown"] == "yes"
                await operations.moderate(
                    desk.visit.connection,
                    by=desk.person.principal_id,
                    id=id,
                    shown=shown,
                    refusal="" if shown else given["refusal"],
                )
                return _saved(id)
        elif what == "answer":
            answering = forms.AnswerForm(request.POST, **offers)
            if answering.is_valid() and await _answer(desk, found, answering):
                return _saved(id)
        answers = await queries.answers(desk.visit.connection, id=id)
    context = {"asked": found, "answers": answers, "moderation": moderation, "answering": answering}
    context["saved"] = request.method == "GET" and request.GET.get("gespeichert") == "1"
    return render(request, "catalogue/requests/moderate.html", context)


def _saved(id: int) -> HttpResponse:
    return redirect(f"{reverse('request-work', args=[id])}?gespeichert=1")


def _decided() -> str:
    return gettext(
        "Jemand anderes hat inzwischen über diese Anfrage entschieden; oben steht, wie. Speichern Sie"
        " noch einmal, wenn es bei Ihrer Entscheidung bleiben soll."
    )


async def delete(request: HttpRequest, id: int) -> HttpResponse:
    """Remove a request that is not shown, after asking."""
    async with open_desk(request) as desk:
        found = await _request(desk, id)
        if request.method == "POST":
            await operations.delete(desk.visit.connection, id=id)
            return done.redirect("requests-work", did="geloescht")
    return render(request, "catalogue/requests/delete.html", {"asked": found})


async def _request(desk: Desk, id: int) -> Request:
    visit = desk.visit
    found = await queries.one(visit.connection, visit.scope, id=id) if id <= _LARGEST_ID else None
    if found is None:
        raise Http404
    return found


async def _answer(desk: Desk, found: Request, form: forms.AnswerForm) -> bool:
    visit, given = desk.visit, form.cleaned_data
    dataset_id = None
    if given["dataset"]:
        dataset_id = await queries.dataset(visit.connection, visit.scope, key=given["dataset"])
        if dataset_id is None:
            form.add_error("dataset", gettext("Einen Datensatz mit dieser Adresse gibt es nicht."))
    if given["entry"] and await entries.one(visit.connection, desk.reach, id=given["entry"]) is None:
        form.add_error("entry", gettext("Einen Eintrag mit dieser Nummer gibt es nicht."))
    if form.errors:
        return False
    await operations.answer(
        visit.connection,
        by=desk.person.principal_id,
        id=found.id,
        progress=given["progress"],
        body=given["body"],
        dataset_id=dataset_id,
        inventory_id=given["entry"],
    )
    return True


def _start(found: Request) -> dict[str, object]:
    return {
        "progress": found.progress,
        "fulfilled": found.dataset[0] if found.dataset else "",
        "recorded": str(found.inventory_id or ""),
    }
