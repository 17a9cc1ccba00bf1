# SPDX-License-Identifier: EUPL-1.2
"""Pages on which keys are made, shown once, and ended."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext
from django.views.decorators.http import require_POST

from stadtkern.core import problems, tokens
from stadtkern.identity import permissions, visits
from stadtkern.identity.permissions import Person
from stadtkern.identity.tokens import forms, operations, queries
from stadtkern.identity.visits import Visit
from stadtkern.things.operations import streams

_LARGEST_ID = 2**63 - 1


async def own(request: HttpRequest) -> HttpResponse:
    """My keys."""
    async with visits.open_visit(request) as visit:
        person = await permissions.require_signed_in(request, visit.connection)
        found = await queries.own(visit.connection, person_id=person.principal_id)
        context = {"tokens": [(each, each.valid(visit.now)) for each in found], "device": False}
    return render(request, "identity/tokens.html", context)


async def devices(request: HttpRequest) -> HttpResponse:
    """Keys of the devices that I look after."""
    async with visits.open_visit(request) as visit:
        person = await permissions.require(request, visit.connection, role="steward")
        found = await queries.devices(visit.connection, person=person)
        context = {"tokens": [(each, each.valid(visit.now)) for each in found], "device": True}
    return render(request, "identity/tokens.html", context)


async def new_own(request: HttpRequest) -> HttpResponse:
    """Make a key that acts for me."""
    async with visits.open_visit(request, data=True) as visit:
        person = await permissions.require_signed_in(request, visit.connection)
        mine = [each for each in person.roles if person.may(role="editor", organisation_id=each)]
        return await _new(request, visit, person, device=False, offered=mine)


async def new_device(request: HttpRequest) -> HttpResponse:
    """Make the key of a device."""
    async with visits.open_visit(request, data=True) as visit:
        person = await permissions.require(request, visit.connection, role="steward")
        mine = await queries.stewarded(visit.connection, person=person)
        return await _new(request, visit, person, device=True, offered=mine)


@require_POST
async def end_own(request: HttpRequest, id: int) -> HttpResponse:
    """End one of my keys."""
    async with visits.open_visit(request) as visit:
        person = await permissions.require_signed_in(request, visit.connection)
        await operations.end_own(visit.connection, person=person, token_id=_number(id))
    return redirect("tokens")


@require_POST
async def end_device(request: HttpRequest, id: int) -> HttpResponse:
    """End the key of a device."""
    async with visits.open_visit(request) as visit:
        person = await permissions.require(request, visit.connection, role="steward")
        await operations.end_device(visit.connection, person=person, token_id=_number(id))
    return redirect("devices")


async def _new(
    request: HttpRequest, visit: Visit, person: Person, *, device: bool, offered: list[int]
) -> HttpResponse:
    datasets = await queries.candidates(visit.connection, visit.scope, organisations=offered)
    form = forms.TokenForm(
        request.POST if request.method == "POST" else None, datasets=datasets, device=device
    )
    made = None
    if request.method == "POST" and form.is_valid():
        made = await _make(visit, person, form, device=device)
    context = {"form": form, "device": device, "made": made}
    return render(request, "identity/token_form.html", context)


async def _make(
    visit: Visit, person: Person, form: forms.TokenForm, *, device: bool
) -> tokens.NewToken | None:
    """The new key; None where the form says what is wrong."""
    given = form.cleaned_data
    dataset = await queries.candidate(visit.connection, visit.scope, key=given["dataset"])
    if dataset is None:
        form.add_error("dataset", gettext("Diesen Datensatz gibt es nicht, oder Sie sehen ihn nicht."))
        return None
    make = operations.make_device if device else operations.make_own
    try:
        return await make(
            visit.connection, person=person, name=given["name"], dataset=dataset, verbs=given["verbs"],
            expires_at=visit.now + form.span, streams=given["streams"],
        )  # fmt: skip
    except streams.StreamElsewhere as problem:
        text = gettext("Keine Messreihen dieses Datensatzes: %(numbers)s.")
        form.add_error("streams", text % {"numbers": problem.detail})
        return None
    except permissions.RoleIsMissing:
        field = "dataset" if device else "verbs"
        form.add_error(field, gettext("Dafür reicht Ihre Rolle bei diesem Datensatz nicht."))
        return None


def _number(id: int) -> int:
    if id > _LARGEST_ID:
        raise problems.NotFound()
    return id
