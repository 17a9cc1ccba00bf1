# SPDX-License-Identifier: EUPL-1.2
"""Pages of the inventory: the list, one entry, writing and removing it, the gaps."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import date
from urllib.parse import urlencode

import msgspec
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render

from stadtkern.catalogue.inventory import concepts, forms, operations, queries, words
from stadtkern.catalogue.inventory import permissions as rights
from stadtkern.catalogue.inventory.entities import OPENNESS, PERSONAL, STATES, Entry
from stadtkern.catalogue.inventory.permissions import Reach
from stadtkern.catalogue.inventory.queries import Asked
from stadtkern.catalogue.inventory.words import told
from stadtkern.catalogue.requests import queries as wishes
from stadtkern.identity import permissions
from stadtkern.identity.permissions import Person
from stadtkern.ui import visit as visits
from stadtkern.ui.visit import Visit

_LARGEST_ID = 2**63 - 1


class Desk(msgspec.Struct, frozen=True):
    """Somebody at work on the inventory."""

    visit: Visit
    person: Person
    reach: Reach

    @property
    def today(self) -> date:
        """The day in the city's zone."""
        return self.visit.now.astimezone(self.visit.city.zone).date()


@asynccontextmanager
async def open_desk(request: HttpRequest) -> AsyncIterator[Desk]:
    """Let somebody with any role to work. Raises SignInNeeded, RoleIsMissing."""
    async with visits.open_visit(request) as visit:
        person = await permissions.require(request, visit.connection, role="reader")
        yield Desk(visit, person, await rights.reach(visit.connection, person=person))


async def entry_of(desk: Desk, id: int) -> Entry:
    """The entry, or 404 for what is not there for this person."""
    found = await queries.one(desk.visit.connection, desk.reach, id=id) if id <= _LARGEST_ID else None
    if found is None:
        raise Http404
    return found


async def listing(request: HttpRequest) -> HttpResponse:
    """All entries one may see, the nearest deadline first."""
    asked = _asked(request)
    number = request.GET.get("seite", "")
    page = max(1, int(number)) if number.isdecimal() and len(number) < 6 else 1
    async with open_desk(request) as desk:
        connection, reach, today = desk.visit.connection, desk.reach, desk.today
        offset = (page - 1) * queries.SIZE
        found = await queries.entries(
            connection, reach, asked=asked, today=today, limit=queries.SIZE + 1, offset=offset
        )
        everything = await queries.counts(connection, reach, asked=Asked(), today=today)
        waiting = await queries.counts(connection, reach, asked=Asked(mine=True), today=today)
        late = await queries.counts(connection, reach, asked=Asked(overdue=True), today=today)
    context = {
        "entries": found[: queries.SIZE],
        "asked": asked,
        "counts": everything,
        "waiting": waiting.all,
        "late": late.all,
        "today": today,
        "states": STATES,
        "personal": PERSONAL,
        "openness": OPENNESS,
        "organisations": reach.where("reader"),
        "may_write": bool(reach.where("editor")),
        "before": _page(request, page - 1) if page > 1 else "",
        "after": _page(request, page + 1) if len(found) > queries.SIZE else "",
    }
    return render(request, "catalogue/inventory/list.html", context)


async def entry(request: HttpRequest, id: int) -> HttpResponse:
    """One entry: what is known, what comes next, what happened."""
    async with open_desk(request) as desk:
        found = await entry_of(desk, id)
        connection, reach = desk.visit.connection, desk.reach
        context = {
            "entry": found,
            "facts": found.facts,
            "concept": concepts.by_slug().get(found.facts.concept),
            "missing": operations.missing(found.facts),
            "history": await queries.history(connection, id=id),
            "dataset": await queries.dataset(connection, desk.visit.scope, entry=found),
            "requests": await wishes.of_entry(connection, desk.visit.scope, inventory_id=id),
            "today": desk.today,
            "may_edit": reach.may_edit(found),
            "may_propose": reach.may_propose(found),
            "may_decide": reach.may_decide(found),
            "may_withdraw": reach.may_withdraw(found),
            "may_delete": reach.may("steward", found.organisation_id),
            "may_make": reach.may_make(found),
            "proposed_it": found.proposal is not None
            and found.proposal.person_id == desk.person.principal_id,
            "form": forms.DatasetForm(),
        }
    return render(request, "catalogue/inventory/entry.html", context)


async def new(request: HttpRequest) -> HttpResponse:
    """Record an entry."""
    async with open_desk(request) as desk:
        offered = desk.person.own_first(desk.reach.where("editor"), number=lambda each: each.id)
        if not offered:
            raise permissions.RoleIsMissing("editor")
        start = {"concept": request.GET.get("konzept", ""), "organisation": offered[0].id}
        form = forms.NewEntryForm(request.POST or None, initial=start, organisations=offered)
        if request.method == "POST" and form.is_valid():
            try:
                made = await operations.create(
                    desk.visit.connection,
                    reach=desk.reach,
                    organisation_id=form.cleaned_data["organisation"],
                    facts=form.facts,
                )
                return redirect("inventory-entry", id=made)
            except operations.TitleIsTaken as taken:
                form.add_error("title", words.says(taken))
    return render(request, "catalogue/inventory/form.html", {"form": form})


@told
async def edit(request: HttpRequest, id: int) -> HttpResponse:
    """Change an entry."""
    async with open_desk(request) as desk:
        found = await entry_of(desk, id)
        desk.reach.require("editor", found.organisation_id)
        start = {**msgspec.structs.asdict(found.facts)}
        form = forms.EntryForm(request.POST or None, initial=start)
        if request.method == "POST" and form.is_valid():
            seen = request.POST.get("revision", "")
            revision = int(seen) if seen.isdecimal() and len(seen) < 9 else 0
            try:
                await operations.change(
                    desk.visit.connection, reach=desk.reach, entry=found, revision=revision, facts=form.facts
                )
                return redirect("inventory-entry", id=id)
            except operations.TitleIsTaken as taken:
                form.add_error("title", words.says(taken))
            except operations.ChangedMeanwhile as changed:
                form.add_error(None, words.says(changed))
    # Where the form comes back, it still speaks of what was read when it was first opened.
    revision_seen = request.POST.get("revision") or found.revision
    context = {"form": form, "entry": found, "revision": revision_seen}
    return render(request, "catalogue/inventory/form.html", context)


@told
async def delete(request: HttpRequest, id: int) -> HttpResponse:
    """Remove an entry, after asking."""
    async with open_desk(request) as desk:
        found = await entry_of(desk, id)
        desk.reach.require("steward", found.organisation_id)
        if request.method == "POST":
            await operations.delete(desk.visit.connection, reach=desk.reach, entry=found)
            return redirect("inventory")
    return render(request, "catalogue/inventory/delete.html", {"entry": found})


async def gaps(request: HttpRequest) -> HttpResponse:
    """What cities like ours hold, and what of it stands in our catalogue or inventory."""
    standing = request.GET.get("stand", "")
    standing = standing if standing in concepts.STANDINGS else ""
    async with open_desk(request) as desk:
        found = await concepts.gaps(desk.visit.connection, desk.visit.scope, desk.reach)
        may_write = bool(desk.reach.where("editor"))
    numbers = {name: sum(1 for gap in found if gap.standing == name) for name in concepts.STANDINGS}
    context = {
        "themes": concepts.themed(found, standing=standing),
        "standing": standing,
        "standings": [(name, words, numbers[name]) for name, words in concepts.STANDINGS.items()],
        "all": len(found),
        "numbers": numbers,
        "may_write": may_write,
    }
    return render(request, "catalogue/inventory/gaps.html", context)


def _asked(request: HttpRequest) -> Asked:
    def one_of(name: str, words: object) -> str:
        value = request.GET.get(name, "")
        return value if value in words else ""  # type: ignore[operator]

    organisation = request.GET.get("organisation", "")
    return Asked(
        text=request.GET.get("q", "").strip()[:100].replace("\0", ""),
        organisation_id=int(organisation) if organisation.isdecimal() and len(organisation) < 16 else None,
        state=one_of("stand", STATES),
        personal=one_of("personenbezug", PERSONAL),
        openness=one_of("offen", OPENNESS),
        overdue=request.GET.get("frist") == "vorbei",
        mine=request.GET.get("frist") == "meine",
    )


def _page(request: HttpRequest, number: int) -> str:
    kept = {key: value for key, value in request.GET.items() if key != "seite" and value}
    return "?" + urlencode(kept | ({"seite": str(number)} if number > 1 else {}))
