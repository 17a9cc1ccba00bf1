# SPDX-License-Identifier: EUPL-1.2
"""Where editors look after the glossary and stewards see to messages."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext

from stadtkern.city.glossary import operations as terms
from stadtkern.city.messages import operations, queries
from stadtkern.city.messages.entities import Kind, Message
from stadtkern.identity import permissions
from stadtkern.identity.permissions import Person
from stadtkern.ui import done
from stadtkern.ui import visit as visits
from stadtkern.ui.visit import Visit
from stadtkern.web.words import forms, views

_LARGEST_ID = 2**63 - 1


async def listing(request: HttpRequest) -> HttpResponse:
    """All words, with links to change them."""
    async with visits.open_visit(request) as visit:
        await permissions.require_in_city(request, visit.connection, role="editor")
        letters = views.by_letter(visit.city.glossary.terms)
        waiting = await queries.waiting(visit.connection, kinds=["term"])
    return render(request, "web/glossary/work.html", {"letters": letters, "waiting": waiting})


async def new(request: HttpRequest) -> HttpResponse:
    """A new word, perhaps one that somebody misses (`?aus=` number of the message)."""
    form = forms.TermForm(request.POST or None)
    async with visits.open_visit(request) as visit:
        person = await permissions.require_in_city(request, visit.connection, role="editor")
        message = await _asked_for(visit, request.GET.get("aus", ""))
        if request.method == "POST" and form.is_valid():
            try:
                key = await _added(visit, person, form, message)
                return done.redirect("glossary-term", key=key, did="aus-meldung" if message else "neu")
            except terms.TermStandsThere:
                form.add_error("name_de", gettext("Dieses Wort erklärt das Glossar schon."))
        elif message and request.method != "POST":
            form = forms.TermForm(initial={"name_de": message.subject})
    return render(request, "web/glossary/form.html", {"form": form, "message": message})


async def _asked_for(visit: Visit, number: str) -> Message | None:
    if not (number.isdecimal() and number.isascii() and int(number[:19]) <= _LARGEST_ID):
        return None
    return await queries.one(visit.connection, kinds=["term"], id=int(number[:19]))


async def _added(visit: Visit, person: Person, form: forms.TermForm, message: Message | None) -> str:
    async with visit.connection.transaction():
        key = await terms.add(visit.connection, by=person.principal_id, **form.told())
        if message and message.settled_at is None:
            await operations.settle(visit.connection, by=person.principal_id, id=message.id)
    visits.DOOR.forget_city()
    return key


async def change(request: HttpRequest, key: str) -> HttpResponse:
    """Other words for a term."""
    async with visits.open_visit(request) as visit:
        person = await permissions.require_in_city(request, visit.connection, role="editor")
        term = visit.city.glossary.find(key)
        if term is None and request.method == "POST":
            lost = {"form": forms.TermForm(request.POST), "removed": True}
            return render(request, "web/glossary/form.html", lost, status=410)
        if term is None:
            raise Http404
        form = forms.TermForm(request.POST or None, initial=forms.start(term))
        if request.method == "POST" and form.is_valid():
            await terms.change(visit.connection, by=person.principal_id, key=key, **form.told())
            visits.DOOR.forget_city()
            return done.redirect("glossary-work", did="geaendert")
    return render(request, "web/glossary/form.html", {"form": form, "term": term})


async def remove(request: HttpRequest, key: str) -> HttpResponse:
    """Take a word out, after asking."""
    async with visits.open_visit(request) as visit:
        await permissions.require_in_city(request, visit.connection, role="editor")
        term = visit.city.glossary.find(key)
        if term is None:
            raise Http404
        if request.method == "POST":
            await terms.remove(visit.connection, key=key)
            visits.DOOR.forget_city()
            return done.redirect("glossary-work", did="entfernt")
    return render(request, "web/glossary/remove.html", {"term": term})


async def messages(request: HttpRequest) -> HttpResponse:
    """What waits, or what is settled."""
    settled = request.GET.get("stand") == "erledigt"
    asked = request.GET.get("seite", "")
    page = max(1, int(asked)) if asked.isdecimal() and len(asked) < 5 else 1
    async with visits.open_visit(request) as visit:
        person = await permissions.require_in_city(request, visit.connection, role="editor")
        kinds = kinds_of(person)
        found = await queries.page(
            visit.connection, kinds=kinds, settled=settled, skip=(page - 1) * queries.SIZE
        )
        number = done.number(request)
        last = await queries.one(visit.connection, kinds=kinds, id=number) if number else None
    stand = "stand=erledigt&" if settled else ""
    about: dict[str, Any] = {
        "found": found[: queries.SIZE],
        "settled": settled,
        "last": last,
        "views": [("?", gettext("Offen"), not settled), ("?stand=erledigt", gettext("Erledigt"), settled)],
        "before": f"?{stand}seite={page - 1}" if page > 1 else "",
        "after": f"?{stand}seite={page + 1}" if len(found) > queries.SIZE else "",
    }
    return render(request, "web/messages/work.html", about)


async def settle(request: HttpRequest, id: int) -> HttpResponse:
    """Note a message as settled or, after all, as open; or forget it after asking."""
    async with visits.open_visit(request) as visit:
        person = await permissions.require_in_city(request, visit.connection, role="editor")
        found = None
        if id <= _LARGEST_ID:
            found = await queries.one(visit.connection, kinds=kinds_of(person), id=id)
        if found is None:
            raise Http404
        if request.method == "POST" and (did := await _done(visit, person, found, request.POST)):
            return done.redirect("messages", did=did, number=None if did == "geloescht" else id)
    return render(request, "web/messages/message.html", {"message": found})


async def _done(visit: Visit, person: Person, message: Message, given: Mapping[str, str]) -> str:
    """See to a message as its buttons say; what was done, or nothing. Twice the same does no harm."""
    what = given.get("what", "")
    if what == "delete":
        await operations.remove(visit.connection, id=message.id)
        return "geloescht"
    if what == "settle":
        if message.settled_at is None:
            await operations.settle(visit.connection, by=person.principal_id, id=message.id)
        return "erledigt"
    if what == "reopen":
        await operations.reopen(visit.connection, id=message.id)
        return "offen"
    return ""


def kinds_of(person: Person) -> Sequence[Kind]:
    """Some name how to reach somebody: stewards see all of them, other editors the missing words."""
    return ("term", "barrier", "place") if person.serves(role="steward") else ("term",)
