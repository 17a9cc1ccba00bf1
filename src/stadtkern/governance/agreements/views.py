# SPDX-License-Identifier: EUPL-1.2
"""Pages of agreements: writing them, making them binding, ending them, and their documents."""

from __future__ import annotations

from decimal import Decimal
from typing import Any
from urllib.parse import quote

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_POST

from stadtkern.governance import desk as desks
from stadtkern.governance.agreements import forms, odrl, operations, queries
from stadtkern.governance.agreements.queries import Agreement
from stadtkern.governance.desk import Desk
from stadtkern.governance.rooms import operations as members
from stadtkern.governance.rooms import queries as rooms
from stadtkern.governance.rooms.queries import Room
from stadtkern.governance.words import PERMISSIONS, STANDINGS, says, told


async def listing(request: HttpRequest) -> HttpResponse:
    """The agreements that concern somebody."""
    async with desks.open_desk(request) as desk:
        found = await queries.agreements(desk.connection, person=desk.person)
        concluding = await _rooms(desk)
    context = {"agreements": found, "standings": STANDINGS, "rooms": concluding}
    return render(request, "governance/agreements/list.html", context)


async def agreement(request: HttpRequest, id: int) -> HttpResponse:
    """One agreement with all that was agreed."""
    async with desks.open_desk(request) as desk:
        found = await queries.agreement(desk.connection, person=desk.person, id=id)
    return render(request, "governance/agreements/agreement.html", _shown(desk, found))


def _shown(desk: Desk, found: Agreement, form: forms.DocumentForm | None = None) -> dict[str, Any]:
    return {
        "agreement": found,
        "visible": {each.id for each in found.datasets if desk.visit.scope.allows(each.id)},
        "last_day": desk.last_day(found.ends_at),
        "standings": STANDINGS,
        "permissions": [PERMISSIONS[name] for name in found.permissions],
        "mine": operations.concludes(desk.person, found),
        "form": form or forms.DocumentForm(),
    }


@told
async def new(request: HttpRequest) -> HttpResponse:
    """Write a draft about a room."""
    async with desks.open_desk(request) as desk:
        room = next((r for r in await _rooms(desk) if r.key == request.GET.get("raum")), None)
        if room is None:
            raise Http404
        form = await _form(request, desk, room, start={"provider": room.organisation_id})
        if request.method == "POST" and form.is_valid():
            terms = await _terms(desk, room, form)
            if terms is not None:
                made = await operations.draft(desk.connection, by=desk.person, terms=terms)
                return redirect("agreement", id=made)
    return render(request, "governance/agreements/form.html", {"form": form, "room": room})


@told
async def edit(request: HttpRequest, id: int) -> HttpResponse:
    """Change a draft."""
    async with desks.open_desk(request) as desk:
        found, room = await _draft(desk, id)
        form = await _form(request, desk, room, start=_start(desk, found))
        if request.method == "POST" and form.is_valid():
            terms = await _terms(desk, room, form)
            if terms is not None:
                await operations.change(desk.connection, by=desk.person, agreement=found, terms=terms)
                return redirect("agreement", id=id)
    context = {"form": form, "room": room, "agreement": found}
    return render(request, "governance/agreements/form.html", context)


@told
async def activate(request: HttpRequest, id: int) -> HttpResponse:
    """Make a draft binding, after showing what that does."""
    async with desks.open_desk(request) as desk:
        found, _ = await _draft(desk, id)
        if request.method == "POST":
            await operations.activate(desk.connection, by=desk.person, agreement=found)
            return redirect("agreement", id=id)
    return render(request, "governance/agreements/activate.html", _shown(desk, found))


@told
async def end(request: HttpRequest, id: int) -> HttpResponse:
    """End an agreement, after asking why."""
    async with desks.open_desk(request) as desk:
        found = await _mine(desk, id)
        form = forms.EndForm(request.POST or None)
        if request.method == "POST" and form.is_valid():
            reason = form.cleaned_data["reason"]
            await operations.end(desk.connection, by=desk.person, agreement=found, reason=reason)
            return redirect("agreement", id=id)
    return render(request, "governance/agreements/end.html", {"agreement": found, "form": form})


@told
async def discard(request: HttpRequest, id: int) -> HttpResponse:
    """Throw a draft away, after asking."""
    async with desks.open_desk(request) as desk:
        found, _ = await _draft(desk, id)
        if request.method == "POST":
            await operations.discard(desk.connection, by=desk.person, agreement=found)
            return redirect("agreements")
    return render(request, "governance/agreements/discard.html", {"agreement": found})


@told
@require_POST
async def add_document(request: HttpRequest, id: int) -> HttpResponse:
    """Keep a file with an agreement."""
    async with desks.open_desk(request) as desk:
        found = await _mine(desk, id)
        form = forms.DocumentForm(request.POST, request.FILES)
        if form.is_valid():
            file = form.cleaned_data["document"]
            try:
                if file.size > operations.LARGEST_DOCUMENT:
                    raise operations.DocumentTooLarge()
                await operations.add_document(
                    desk.connection, by=desk.person, agreement=found, name=file.name, content=file.read()
                )
                return redirect("agreement", id=id)
            except operations.DocumentTooLarge as problem:
                form.add_error("document", says(problem))
    return render(request, "governance/agreements/agreement.html", _shown(desk, found, form))


async def document(request: HttpRequest, id: int, document: int) -> HttpResponse:
    """A file to take away; whatever it says of itself, a browser shows it nowhere."""
    async with desks.open_desk(request) as desk:
        found = await queries.agreement(desk.connection, person=desk.person, id=id)
        name, content = await queries.document(desk.connection, agreement=found, id=document)
    headers = {
        "Content-Disposition": f"attachment; filename*=UTF-8''{quote(name, safe='')}",
        "Content-Security-Policy": "sandbox; default-src 'none'",
        "X-Content-Type-Options": "nosniff",
    }
    return HttpResponse(content, content_type="application/octet-stream", headers=headers)


async def as_odrl(request: HttpRequest, id: int) -> HttpResponse:
    """The agreement for machines."""
    async with desks.open_desk(request) as desk:
        found = await queries.agreement(desk.connection, person=desk.person, id=id)
    made = odrl.document(found, public_url=settings.PUBLIC_URL)
    return JsonResponse(
        made, content_type="application/ld+json", json_dumps_params={"ensure_ascii": False, "indent": 2}
    )


async def _rooms(desk: Desk) -> list[Room]:
    """The rooms about which somebody concludes agreements."""
    found = await rooms.rooms(desk.connection, person=desk.person)
    return [
        r
        for r in found
        if r.kind != "public" and rooms.looks_after(desk.person, organisation_id=r.organisation_id)
    ]


async def _mine(desk: Desk, id: int) -> Agreement:
    found = await queries.agreement(desk.connection, person=desk.person, id=id)
    if not operations.concludes(desk.person, found):
        raise operations.NotYourAgreement()
    return found


async def _draft(desk: Desk, id: int) -> tuple[Agreement, Room]:
    found = await _mine(desk, id)
    if found.state != "draft":
        raise operations.NotADraft()
    return found, await rooms.room(desk.connection, person=desk.person, key=found.room_key)


async def _form(
    request: HttpRequest, desk: Desk, room: Room, *, start: dict[str, Any]
) -> forms.AgreementForm:
    everybody = await rooms.organisations(desk.connection)
    providers = [each for each in everybody if rooms.looks_after(desk.person, organisation_id=each.id)]
    return forms.AgreementForm(
        request.POST or None,
        initial=start,
        providers=desk.person.own_first(providers, number=lambda each: each.id),
        recipients=everybody,
        contents=await rooms.to_give(
            desk.connection, person=desk.person, room_id=room.id, named=start.get("datasets", ())
        ),
    )


def _start(desk: Desk, found: Agreement) -> dict[str, Any]:
    """What a form begins with."""
    plain = ("title", "purpose", "permissions", "retention_days", "fee", "fee_note", "liability")
    return {name: getattr(found, name) for name in plain} | {
        "provider": found.provider_id,
        "organisations": [p.id for p in found.recipients if p.kind == "organisation"],
        "datasets": [subject.id for subject in found.datasets],
        "starts": found.starts_at.astimezone(desk.visit.city.zone).date(),
        "ends": desk.last_day(found.ends_at),
    }


async def _terms(desk: Desk, room: Room, form: forms.AgreementForm) -> operations.Terms | None:
    """What a valid form says; None, and an error in the form, where somebody is unknown."""
    said = form.cleaned_data
    people: list[int] = []
    for address in said["people"]:
        try:
            people.append(
                await members.find_principal(desk.connection, by=desk.person, kind="person", name=address)
            )
        except members.NobodyByThatName as problem:
            form.add_error("people", f"{address}: {says(problem)}")
            return None
    return operations.Terms(
        title=said["title"],
        room_id=room.id,
        provider_id=said["provider"],
        recipients=[*said["organisations"], *people],
        datasets=said["datasets"],
        purpose=said["purpose"],
        permissions=said["permissions"],
        retention_days=said["retention_days"],
        liability=said["liability"],
        fee=said["fee"] or Decimal(0),
        fee_note=said["fee_note"],
        starts_at=desk.begin_of(said["starts"]),
        ends_at=desk.end_of(said["ends"]),
    )
