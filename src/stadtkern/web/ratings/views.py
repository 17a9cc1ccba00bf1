# SPDX-License-Identifier: EUPL-1.2
"""Readers say whether a page helped; editors see how theirs do, read the remarks and see to them."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta
from typing import Any

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import translation
from django.utils.http import urlencode
from django.utils.translation import gettext, ngettext

from stadtkern.city import languages
from stadtkern.city.ratings import operations, queries
from stadtkern.core import access
from stadtkern.core.access import Scope
from stadtkern.core.database import Connection
from stadtkern.core.fragments import Fragment
from stadtkern.identity import permissions
from stadtkern.identity.permissions import Person, Role
from stadtkern.ui import done, guard
from stadtkern.ui import visit as visits
from stadtkern.ui.places import Waiting
from stadtkern.ui.visit import Visit
from stadtkern.web.ratings import forms, subjects

READS: Role = "editor"
_YEAR = timedelta(days=365)
_LARGEST_ID = 2**63 - 1


class Patience(guard.Patience):
    """Whoever reads much says much."""

    per_hour = 30


PATIENCE = Patience()


async def rate(request: HttpRequest) -> HttpResponse:
    """The question for the page in `?seite=`, with the answer of its button (`?antwort=`); then thanks."""
    begin = {"helped": request.GET.get("antwort", "")}
    form = forms.RatingForm(request.POST or None, initial=begin)
    status = 200
    async with visits.open_visit(request) as visit:
        subject = await subjects.find(visit, request.GET.get("seite", "")[:300])
        if subject is None:
            raise Http404
        if request.method == "POST" and form.is_valid():
            try:
                await _taken(visit, request, subject, form)
                asked = urlencode({"seite": subject.path, "danke": "1"})
                return redirect(f"{request.path}?{asked}")
            except operations.TooManyRatings as many:
                form.add_error(
                    None, gettext("Gerade gibt es zu viele Antworten. Bitte kommen Sie später wieder.")
                )
                status = many.status
    about = {
        "form": form,
        "subject": subject,
        "back": languages.moved(subject.path, to=translation.get_language() or languages.FIRST),
        "ticket": form.next_ticket,
        "thanks": bool(request.GET.get("danke")) and request.method == "GET",
    }
    answer = render(request, "web/ratings/form.html", about, status=status)
    answer["Cache-Control"] = "no-store"
    return answer


async def _taken(
    visit: Visit, request: HttpRequest, subject: subjects.Subject, form: forms.RatingForm
) -> None:
    if not PATIENCE.take(request):
        raise operations.TooManyRatings()
    given = form.cleaned_data
    await operations.take(
        visit.connection,
        path=subject.path,
        dataset_id=subject.dataset_id,
        helped=given["helped"] == "ja",
        remark=given["remark"],
        ticket=given["ticket"],
        day=_today(visit),
        language=translation.get_language() or languages.FIRST,
    )


def owner(scope: Scope, person: Person) -> Fragment:
    """What concerns somebody: pages of organisations in which they edit; the city's own for its people."""
    edits = [n for n in person.roles if person.may(role=READS, organisation_id=n)]
    everywhere = None if person.administrator else edits
    return queries.of_owner(scope, organisations=everywhere, city=person.serves(role=READS))


async def listing(request: HttpRequest) -> HttpResponse:
    """How one's own pages did in the last year, and the remarks that wait; a POST sees to one of them."""
    number = request.GET.get("seite", "")
    page = max(1, int(number)) if number.isdecimal() and len(number) < 5 else 1
    async with visits.open_visit(request) as visit:
        person = await permissions.require(request, visit.connection, role=READS)
        mine = owner(visit.scope, person)
        if request.method == "POST":
            return await _seen_to(visit, mine, request.POST.get("do", ""))
        since = (visit.now - _YEAR).date()
        skip = (page - 1) * queries.SIZE
        found = await queries.pages(visit.connection, mine, since=since, skip=skip)
        remarks = await queries.remarks(visit.connection, mine)
        read = await queries.remarks(visit.connection, mine, read=True)
        waiting = await queries.waiting(visit.connection, mine)
        known = {
            path: await subjects.find(visit, path)
            for path in dict.fromkeys([*(r.path for r in (*remarks, *read)), *(p.path for p in found)])
        }
    about: dict[str, Any] = {
        "remarks": [(remark, known[remark.path]) for remark in remarks],
        "done": [(remark, known[remark.path]) for remark in read],
        "last": done.number(request),
        "more": waiting - len(remarks),
        "pages": [(each, known[each.path]) for each in found[: queries.SIZE]],
        "before": f"?seite={page - 1}" if page > 1 else "",
        "after": f"?seite={page + 1}" if len(found) > queries.SIZE else "",
    }
    return render(request, "web/ratings/work.html", about)


async def _seen_to(visit: Visit, mine: Fragment, do: str) -> HttpResponse:
    """`read-7`: remark 7 is read, `back-7`: not yet after all, `delete-7`: gone. Raises Http404."""
    what, _, number = do.partition("-")
    if what not in ("read", "back", "delete") or not (
        number.isdecimal() and len(number) < 20 and int(number) <= _LARGEST_ID
    ):
        raise Http404
    found = await queries.remark(visit.connection, mine, id=int(number))
    if found is None:
        raise Http404
    if what == "delete":
        await operations.remove(visit.connection, id=found.id)
        return done.redirect("ratings", did="geloescht")
    await operations.note(visit.connection, id=found.id, read=what == "read", day=_today(visit))
    return done.redirect("ratings", did="gelesen" if what == "read" else "offen", number=found.id)


def _today(visit: Visit) -> date:
    return visit.now.astimezone(visit.city.zone).date()


async def waiting(connection: Connection, person: Person) -> Sequence[Waiting] | None:
    """Remarks that nobody has read."""
    asking = access.Principal(kind="person", id=person.principal_id)
    scope = await visits.DOOR.gate.scope(connection, asking)
    n = await queries.waiting(connection, owner(scope, person))
    says = ngettext(
        "%(n)s Anmerkung zu einer Seite ist zu lesen", "%(n)s Anmerkungen zu Seiten sind zu lesen", n
    )
    return [Waiting(says=says % {"n": n}, url=reverse("ratings"), does=gettext("Lesen"))] if n else []
