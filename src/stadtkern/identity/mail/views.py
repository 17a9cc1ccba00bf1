# SPDX-License-Identifier: EUPL-1.2
"""The page on which the city's administrators see what became of mails."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import get_language
from django.views.decorators.http import require_POST

from stadtkern.core import problems
from stadtkern.identity import permissions, visits
from stadtkern.identity.mail import operations, queries, queue
from stadtkern.identity.permissions import Person
from stadtkern.identity.visits import Visit

_LARGEST_ID = 2**63 - 1


@asynccontextmanager
async def _desk(request: HttpRequest) -> AsyncIterator[tuple[Visit, Person]]:
    """Let the city's administrators in. Raises SignInNeeded, RoleIsMissing."""
    async with visits.open_visit(request) as visit:
        person = await permissions.require(request, visit.connection, role="administrator")
        if not person.administrator:
            raise permissions.RoleIsMissing("administrator")
        yield visit, person


async def overview(request: HttpRequest) -> HttpResponse:
    """What waits, what was given up, and how many were sent."""
    async with _desk(request) as (visit, person):
        context = {
            "sums": await queries.sums(visit.connection),
            "dead": await queries.mails(visit.connection, state="dead"),
            "waiting": await queries.mails(visit.connection, state="waiting"),
            "days": await queries.days(visit.connection),
            "own": person.email,
            "probed": "probe" in request.GET,
        }
    return render(request, "identity/mail.html", context)


@require_POST
async def probe(request: HttpRequest) -> HttpResponse:
    """Send a mail to whoever asks."""
    async with _desk(request) as (visit, person):
        if not settings.MAIL_WORKS:
            raise problems.NotFound()
        await queue.put(
            visit.connection,
            kind="identity/probe",
            person_id=person.principal_id,
            language=get_language() or "de",
            facts={"name": person.name},
        )
    answer = redirect("mail")
    answer["Location"] += "?probe=1"
    return answer


@require_POST
async def retry(request: HttpRequest) -> HttpResponse:
    """Try one mail again, or all that were given up."""
    text = request.POST.get("id", "")
    if text and not (text.isascii() and text.isdigit() and len(text) <= 18):
        raise problems.NotFound()
    async with _desk(request) as (visit, _):
        await operations.retry(visit.connection, id=int(text) if text else None)
    return redirect("mail")


async def discard(request: HttpRequest, id: int) -> HttpResponse:
    """Let a mail go that was given up, after asking."""
    async with _desk(request) as (visit, _):
        found = await queries.mails(visit.connection, state="dead")
        mail = next((each for each in found if each.id == id), None)
        if mail is None or id > _LARGEST_ID:
            raise problems.NotFound()
        if request.method == "POST":
            await operations.discard(visit.connection, id=id)
            return redirect("mail")
    return render(request, "identity/mail_discard.html", {"mail": mail})
