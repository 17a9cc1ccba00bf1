# SPDX-License-Identifier: EUPL-1.2
"""Pages on which administrators look after organisations, people and roles."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import get_language, gettext
from django.views.decorators.http import require_POST

from stadtkern.core import problems
from stadtkern.identity import permissions, visits, words
from stadtkern.identity.account import operations as accounts
from stadtkern.identity.entry import invitations
from stadtkern.identity.mail import queue as mails
from stadtkern.identity.organisations import forms, operations, queries
from stadtkern.identity.permissions import Person
from stadtkern.identity.visits import Visit

_LARGEST_ID = 2**63 - 1


async def organisations(request: HttpRequest) -> HttpResponse:
    """The organisations that I administer."""
    async with visits.open_visit(request) as visit:
        person = await permissions.require(request, visit.connection, role="administrator")
        found = await queries.administered(visit.connection, person=person)
    return render(request, "identity/organisations.html", {"organisations": found})


async def new(request: HttpRequest) -> HttpResponse:
    """Make an organisation; the city's administrators may."""
    async with visits.open_visit(request) as visit:
        await _city(request, visit)
        form = forms.OrganisationForm(request.POST if request.method == "POST" else None)
        if request.method == "POST" and form.is_valid():
            given = form.cleaned_data
            made = await operations.create(
                visit.connection, kind=given["kind"], name=given["name"], about=form.about()
            )
            return redirect("organisation", id=made)
    return render(request, "identity/organisation_form.html", {"form": form})


async def organisation(request: HttpRequest, id: int) -> HttpResponse:
    """One organisation: who belongs to it, and who is invited."""
    async with visits.open_visit(request) as visit:
        person = await _administrator(request, visit, id)
        return await _page(request, visit, person, id, form=forms.InvitationForm())


async def edit(request: HttpRequest, id: int) -> HttpResponse:
    """Change name and contact."""
    async with visits.open_visit(request) as visit:
        person = await _administrator(request, visit, id)
        found = await queries.one(visit.connection, organisation_id=id)
        initial = {**found.about, "name": found.name, "kind": found.kind}
        form = forms.OrganisationForm(
            request.POST if request.method == "POST" else None, initial=initial, city=True
        )
        # A name is what others trust when they let an organisation in: only the city gives it.
        form.fields["name"].disabled = not person.administrator
        if request.method == "POST" and form.is_valid():
            await operations.change(
                visit.connection, organisation_id=id, name=form.cleaned_data["name"], about=form.about()
            )
            return redirect("organisation", id=id)
    return render(request, "identity/organisation_form.html", {"form": form, "organisation": found})


@require_POST
async def invite(request: HttpRequest, id: int) -> HttpResponse:
    """Make a link for somebody and send it; without a mail server it is shown once, here."""
    async with visits.open_visit(request) as visit:
        person = await _administrator(request, visit, id)
        form = forms.InvitationForm(request.POST)
        made = None
        if form.is_valid():
            given = form.cleaned_data
            async with visit.connection.transaction():
                path = await invitations.invite(
                    visit.connection, email=given["email"], organisation_id=id, role=given["role"],
                    invited_by=person.principal_id,
                )  # fmt: skip
                made = {"link": settings.PUBLIC_URL + path, "email": given["email"], "days": 7}
                if settings.MAIL_WORKS:
                    await _send(visit, person, id, role=given["role"], made=made)
                    made = {"mailed": True, "email": given["email"], "days": 7}
            form = forms.InvitationForm()
        return await _page(request, visit, person, id, form=form, made=made)


async def _send(visit: Visit, person: Person, id: int, *, role: str, made: dict[str, Any]) -> None:
    found = await queries.one(visit.connection, organisation_id=id)
    await mails.put(
        visit.connection,
        kind="identity/invitation",
        address=made["email"],
        language=get_language() or "de",
        facts={"organisation": found.name, "role": role, "by": person.name, "days": made["days"]},
        sealed=mails.seal({"link": made["link"]}, key=settings.SECRET_KEY),
    )


@require_POST
async def withdraw(request: HttpRequest, id: int) -> HttpResponse:
    """Take an invitation back."""
    async with visits.open_visit(request) as visit:
        await _administrator(request, visit, id)
        try:
            uuid = str(UUID(request.POST.get("invitation", "")))
        except ValueError as error:
            raise problems.NotFound() from error
        await operations.withdraw_invitation(visit.connection, organisation_id=id, uuid=uuid)
    return redirect("organisation", id=id)


@require_POST
async def set_role(request: HttpRequest, id: int) -> HttpResponse:
    """Give a member another role."""
    async with visits.open_visit(request) as visit:
        person = await _administrator(request, visit, id)
        form = forms.RoleForm(request.POST)
        if not form.is_valid():
            raise problems.NotFound()
        try:
            await operations.set_role(
                visit.connection,
                organisation_id=id,
                person_id=_member(request),
                role=form.cleaned_data["role"],
            )
        except accounts.LastAdministrator:
            return await _page(request, visit, person, id, form=forms.InvitationForm(), mistake=_last())
    return redirect("organisation", id=id)


@require_POST
async def remove(request: HttpRequest, id: int) -> HttpResponse:
    """Take a member out."""
    async with visits.open_visit(request) as visit:
        person = await _administrator(request, visit, id)
        try:
            await operations.remove(visit.connection, organisation_id=id, person_id=_member(request))
        except accounts.LastAdministrator:
            return await _page(request, visit, person, id, form=forms.InvitationForm(), mistake=_last())
    if _member(request) == person.principal_id:
        return redirect("account")
    return redirect("organisation", id=id)


@require_POST
async def way_back(request: HttpRequest, id: int) -> HttpResponse:
    """Make a link for a member who is locked out; it opens the account, so only the city may."""
    async with visits.open_visit(request) as visit:
        person = await _city(request, visit)
        found = await queries.members(visit.connection, organisation_id=id)
        member = next((each for each in found if each.id == _member(request)), None)
        if member is None or not member.email:
            raise problems.NotFound()
        path = await invitations.way_back(
            visit.connection, person_id=member.id, email=member.email, invited_by=person.principal_id
        )
        made = {"link": settings.PUBLIC_URL + path, "email": member.email, "days": 1}
        return await _page(request, visit, person, id, form=forms.InvitationForm(), made=made)


async def _page(
    request: HttpRequest,
    visit: Visit,
    person: Person,
    id: int,
    *,
    form: forms.InvitationForm,
    made: dict[str, Any] | None = None,
    mistake: str = "",
) -> HttpResponse:
    context = {
        "organisation": await queries.one(visit.connection, organisation_id=id),
        "members": await queries.members(visit.connection, organisation_id=id),
        "invitations": await queries.invitations(visit.connection, organisation_id=id),
        "roles": list(words.ROLES.items()),
        "form": form,
        "made": made,
        "mistake": mistake,
        "opens_accounts": person.administrator,
    }
    return render(request, "identity/organisation.html", context, status=409 if mistake else 200)


async def _administrator(request: HttpRequest, visit: Visit, id: int) -> Person:
    if id > _LARGEST_ID:
        raise problems.NotFound()
    return await permissions.require(request, visit.connection, role="administrator", organisation_id=id)


async def _city(request: HttpRequest, visit: Visit) -> Person:
    person = await permissions.require(request, visit.connection, role="administrator")
    if not person.administrator:
        raise permissions.RoleIsMissing("administrator")
    return person


def _member(request: HttpRequest) -> int:
    text = request.POST.get("person", "")
    if not (text.isascii() and text.isdigit() and len(text) <= 18):
        raise problems.NotFound()
    return int(text)


def _last() -> str:
    return gettext("Sonst verwaltet niemand diese Stadt. Geben Sie zuerst anderen die Rolle „Verwalten“.")
