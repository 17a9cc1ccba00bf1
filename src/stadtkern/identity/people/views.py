# SPDX-License-Identifier: EUPL-1.2
"""Pages on which the city's administrators find people and close or open their accounts."""

from __future__ import annotations

from urllib.parse import urlencode

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext
from django.views.decorators.http import require_POST

from stadtkern.core import problems
from stadtkern.identity import permissions, visits
from stadtkern.identity.account import queries as accounts
from stadtkern.identity.account.operations import LastAdministrator
from stadtkern.identity.people import operations, queries
from stadtkern.identity.permissions import Person
from stadtkern.identity.visits import Visit

_LARGEST_ID = 2**63 - 1


async def people(request: HttpRequest) -> HttpResponse:
    """Everybody with an account, by name."""
    words = request.GET.get("q", "").strip().replace("\0", "")[:200]
    closed = request.GET.get("stand") == "gesperrt"
    async with visits.open_visit(request) as visit:
        await _administrator(request, visit)
        found = await queries.search(visit.connection, words=words, closed=closed, after=_after(request))
    shown = found[: queries.PAGE]
    asked = {name: text for name, text in (("q", words), ("stand", "gesperrt" if closed else "")) if text}
    following = ""
    if len(found) > len(shown):
        following = urlencode({**asked, "nach": shown[-1].name, "nummer": shown[-1].id})
    context = {"people": shown, "words": words, "closed": closed, "following": following}
    return render(request, "identity/people.html", context)


async def one(request: HttpRequest, id: int) -> HttpResponse:
    """One of them."""
    async with visits.open_visit(request) as visit:
        person = await _administrator(request, visit)
        return await _page(request, visit, person, id)


@require_POST
async def close(request: HttpRequest, id: int) -> HttpResponse:
    """Close an account."""
    async with visits.open_visit(request) as visit:
        person = await _administrator(request, visit)
        try:
            await operations.close(visit.connection, by=person, principal_id=_number(id))
        except operations.NotYourself:
            mistake = gettext(
                "Ihr eigenes Konto können Sie hier nicht sperren. Bitten Sie eine andere Person."
            )
            return await _page(request, visit, person, id, mistake=mistake)
        except LastAdministrator:
            mistake = gettext(
                "Sonst verwaltet niemand diese Stadt. Geben Sie zuerst anderen die Rolle „Verwalten“."
            )
            return await _page(request, visit, person, id, mistake=mistake)
    return redirect("person", id=id)


@require_POST
async def open_again(request: HttpRequest, id: int) -> HttpResponse:
    """Open it again."""
    async with visits.open_visit(request) as visit:
        person = await _administrator(request, visit)
        await operations.open_again(visit.connection, by=person, principal_id=_number(id))
    return redirect("person", id=id)


async def _page(
    request: HttpRequest, visit: Visit, person: Person, id: int, *, mistake: str = ""
) -> HttpResponse:
    found = await queries.one(visit.connection, principal_id=_number(id))
    context = {
        "somebody": found,
        "memberships": await accounts.memberships(visit.connection, person_id=found.id),
        "own": found.id == person.principal_id,
        "mistake": mistake,
    }
    return render(request, "identity/person.html", context, status=409 if mistake else 200)


async def _administrator(request: HttpRequest, visit: Visit) -> Person:
    person = await permissions.require(request, visit.connection, role="administrator")
    if not person.administrator:
        raise permissions.RoleIsMissing("administrator")
    return person


def _after(request: HttpRequest) -> tuple[str, int] | None:
    number = request.GET.get("nummer", "")
    name = request.GET.get("nach", "").replace("\0", "")[:300]
    if not (number.isascii() and number.isdigit() and len(number) < 19):
        return None
    return name, int(number)


def _number(id: int) -> int:
    if id > _LARGEST_ID:
        raise problems.NotFound()
    return id
