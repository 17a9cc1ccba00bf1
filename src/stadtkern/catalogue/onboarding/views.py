# SPDX-License-Identifier: EUPL-1.2
"""Pages of imports: the worklist, a new file, and one delivery at whatever step it is."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any
from uuid import UUID, uuid4

import msgspec
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext

from stadtkern.catalogue.onboarding import (
    files,
    forms,
    operations,
    planning,
    queries,
    sources,
    standing,
    words,
)
from stadtkern.catalogue.onboarding.entities import Checked, Delivery, Found, Trouble
from stadtkern.core import settings as core_settings
from stadtkern.identity import permissions
from stadtkern.identity.permissions import Person
from stadtkern.ingest.imports.formats import kinds
from stadtkern.ingest.imports.survey.story import Finding, Quality
from stadtkern.ui import visit as visits
from stadtkern.ui.visit import Visit


class Desk(msgspec.Struct, frozen=True):
    """Somebody at work on imports."""

    visit: Visit
    person: Person


@asynccontextmanager
async def open_desk(request: HttpRequest) -> AsyncIterator[Desk]:
    """Let somebody who may edit somewhere to work. Raises SignInNeeded, RoleIsMissing."""
    async with visits.open_visit(request) as visit:
        yield Desk(visit, await permissions.require(request, visit.connection, role="editor"))


@asynccontextmanager
async def open_delivery(request: HttpRequest, uuid: UUID) -> AsyncIterator[tuple[Desk, Delivery]]:
    """One delivery and whoever works on it. Raises NotFound for other organisations' deliveries."""
    async with open_desk(request) as desk:
        yield desk, await queries.find(desk.visit.connection, uuid=uuid, by=desk.person)


async def listing(request: HttpRequest) -> HttpResponse:
    """What waits for a person, what is on its way, what is done."""
    async with open_desk(request) as desk:
        found = await queries.listed(desk.visit.connection, by=desk.person)
        rows = [_row(desk.person, each) for each in found]
    return render(
        request,
        "catalogue/onboarding/list.html",
        {"waiting": [row for row in rows if row["what"]], "others": [row for row in rows if not row["what"]]},
    )


_MOST_SHOWN = 60


def _row(person: Person, found: Delivery) -> dict[str, Any]:
    """A delivery in a list: how it stands, for whom it waits, and what they are to do."""
    steward = person.may(role="steward", organisation_id=found.recipe.organisation_id)
    who, what = standing.waits(found, steward=steward)
    return {"delivery": found, "state": standing.STATES[found.state], "who": who, "what": what}


async def new(request: HttpRequest) -> HttpResponse:
    """Send a file, or name an address."""
    async with open_desk(request) as desk:
        connection = desk.visit.connection
        offered = await queries.organisations(connection, by=desk.person)
        offered = desk.person.own_first(offered, number=lambda each: each[0])
        form = forms.SourceForm(request.POST or None, request.FILES or None, organisations=offered)
        if request.method == "POST" and form.is_valid():
            made = await _begin(desk, form)
            if made is not None:
                return redirect("import", uuid=made)
    return render(request, "catalogue/onboarding/new.html", {"form": form, "steps": standing.STEPS})


async def _begin(desk: Desk, form: forms.SourceForm) -> UUID | None:
    given = form.cleaned_data
    upload, uuid = given["file"], uuid4()
    size = 0
    if upload:
        try:
            size = await asyncio.to_thread(files.keep, core_settings.load(), uuid, chunks=upload.chunks())
        except kinds.RefusedFile as error:
            form.add_error("file", words.trouble(Trouble(code=error.code, facts=error.facts)))
            return None
    name = upload.name if upload else sources.name_of(given["url"])
    every = forms.EVERY[given["every"]][1] if given["url"] else None
    return await operations.begin(
        desk.visit.connection,
        by=desk.person,
        organisation_id=given["organisation"],
        title=name.rpartition(".")[0] or name,
        url=given["url"],
        every=every,
        file_name=name,
        size=size,
        uuid=uuid,
    )


async def delivery(request: HttpRequest, uuid: UUID) -> HttpResponse:
    """One delivery: what is known of it, and what comes next."""
    async with open_delivery(request, uuid) as (desk, found):
        context = await context_of(desk, found)
        if found.state == "looked" or (found.state in ("checked", "held") and "plan" in request.GET):
            context["plan"] = await plan_form(desk, found, found.found) if found.found else None
            context["layout"] = forms.LayoutForm(delivery=found)
    return render(request, "catalogue/onboarding/delivery.html", context)


async def plan_form(desk: Desk, found: Delivery, seen: Found, *, given: Any = None) -> planning.PlanForm:
    """The form of the plan, with the time series to which a list of stations may belong."""
    known = await queries.series(
        desk.visit.connection, desk.visit.scope, organisation_id=found.recipe.organisation_id
    )
    return planning.PlanForm(given, delivery=found, found=seen, series=known)


async def progress(request: HttpRequest, uuid: UUID) -> HttpResponse:
    """How far the work is, for pages that ask again and again; when it is done, the page is read anew."""
    async with open_delivery(request, uuid) as (_desk, found):
        answer = render(request, "catalogue/onboarding/progress.html", {"delivery": found, **_shown(found)})
    if not found.working:
        answer["HX-Refresh"] = "true"
    return answer


async def context_of(desk: Desk, found: Delivery, *, given: Any = None) -> dict[str, Any]:
    """What the page of a delivery shows at its step."""
    recipe, person = found.recipe, desk.person
    context: dict[str, Any] = {"delivery": found, "recipe": recipe, **_shown(found)}
    if found.state in ("checked", "held") and found.checked is not None:
        context |= _report(found.checked)
        steward = person.may(role="steward", organisation_id=recipe.organisation_id)
        if found.undecided:
            context["decision_form"] = forms.DecisionForm() if steward else None
        storable = not found.checked.quality.blocked and not found.undecided
        context["storable"] = storable
        if storable and recipe.dataset_id is None and not (recipe.plan and recipe.plan.sites):
            context["about"] = await _about(desk, found, given)
    if found.state == "done" or found.later:
        deliveries = await queries.listed(desk.visit.connection, by=person, recipe_id=recipe.id, limit=20)
        context["deliveries"] = [_row(person, each) for each in deliveries]
        context["file_form"] = forms.FileForm()
        every = next((k for k, v in forms.EVERY.items() if v[1] == recipe.every), "")
        context["schedule_form"] = forms.ScheduleForm(initial={"every": every})
    return context


def _shown(found: Delivery) -> dict[str, Any]:
    return {
        "state": standing.STATES[found.state],
        "steps": standing.STEPS,
        "here": standing.step(found),
        "trouble": words.trouble(found.problem) if found.problem else "",
        "shows_detail": bool(found.problem and found.problem.detail and found.problem.code in words.UNCLEAR),
        "changes": [words.change(change) for change in found.changes],
        "share": round(found.progress * 100),
    }


def _report(checked: Checked) -> dict[str, Any]:
    quality = checked.quality
    parts = [
        (gettext("Das muss erst geklärt werden"), "blocks"),
        (gettext("Das wird ausgelassen"), "left_out"),
        (gettext("Das wird berichtigt"), "corrected"),
        (gettext("Das ist aufgefallen"), "hint"),
    ]
    groups = [
        {"title": title, "weight": weight, "findings": [words.finding(f) for f in _of(quality, weight)]}
        for title, weight in parts
    ]
    return {
        "quality": quality,
        "groups": [group for group in groups if group["findings"]],
        "concerns": [words.concern(concern) for concern in checked.privacy],
    }


def _of(quality: Quality, weight: str) -> list[Finding]:
    """Those of one weight that come most often, first."""
    return sorted((f for f in quality.findings if f.weight == weight), key=lambda f: -f.n)[:_MOST_SHOWN]


async def _about(desk: Desk, found: Delivery, given: Any) -> forms.AboutForm:
    organisation_id = found.recipe.organisation_id
    offered = await queries.rooms(desk.visit.connection, organisation_id=organisation_id)
    rooms = [(key, title.get("de") or key) for key, _kind, title in offered]
    plan = found.recipe.plan
    start = msgspec.to_builtins(plan.about) if plan and plan.about else {"title": found.recipe.title}
    may = desk.person.may(role="publisher", organisation_id=organisation_id)
    return forms.AboutForm(given, rooms=rooms, may_publish=may, initial=start)
