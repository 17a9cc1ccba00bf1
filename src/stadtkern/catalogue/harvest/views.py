# SPDX-License-Identifier: EUPL-1.2
"""Pages of sources: the list, one with its runs and mistakes, making, changing and removing one."""

from __future__ import annotations

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext

from stadtkern.catalogue.harvest import forms, operations, queries
from stadtkern.catalogue.harvest.entities import Overview
from stadtkern.identity import permissions
from stadtkern.identity.permissions import Person
from stadtkern.ui import visit as visits
from stadtkern.ui.visit import Visit

_LARGEST_ID = 2**63 - 1


async def sources(request: HttpRequest) -> HttpResponse:
    """All sources one may see, with how their last run went."""
    async with visits.open_visit(request) as visit:
        person = await _person(request, visit)
        context = {"sources": await queries.sources(visit.connection, person=person)}
        return render(request, "catalogue/harvest/sources.html", context)


async def source(request: HttpRequest, id: int) -> HttpResponse:
    """One source: its plan, its runs, and what was wrong with records in the last one. POST starts it."""
    async with visits.open_visit(request) as visit:
        found = await _source(visit, await _person(request, visit), id)
        if request.method == "POST":
            await operations.start(visit.connection, id=id)
            return redirect("harvest-source", id=id)
        context = {
            "source": found,
            "runs": await queries.runs(visit.connection, source_id=id),
            "findings": await queries.findings(visit.connection, run_id=found.last.id) if found.last else [],
            "kind": forms.KINDS[found.source.kind],
            "rhythm": forms.RHYTHMS.get(found.source.every_hours, f"{found.source.every_hours} h"),
        }
        return render(request, "catalogue/harvest/source.html", context)


async def new(request: HttpRequest) -> HttpResponse:
    """Make a source."""
    async with visits.open_visit(request) as visit:
        person = await _person(request, visit)
        known = await queries.organisations(visit.connection, person=person)
        known = person.own_first(known, number=lambda each: each[0])
        form = forms.New(
            request.POST if request.method == "POST" else None,
            organisations=known,
            inside=person.serves(role=queries.ROLE),
        )
        if request.method == "POST" and form.is_valid():
            given = form.cleaned_data
            try:
                made = await operations.create(
                    visit.connection,
                    by=person.principal_id,
                    organisation_id=given.pop("organisation"),
                    room_key=given.pop("room"),
                    **given,
                )
            except operations.SourceIsKnown:
                form.add_error("url", gettext("Diese Adresse wird für diese Organisation schon geerntet."))
            else:
                return redirect("harvest-source", id=made)
        return render(request, "catalogue/harvest/form.html", {"form": form})


async def edit(request: HttpRequest, id: int) -> HttpResponse:
    """Change how a source is harvested."""
    async with visits.open_visit(request) as visit:
        found = await _source(visit, await _person(request, visit), id)
        about = found.source
        form = forms.Rhythm(
            request.POST if request.method == "POST" else None,
            initial={
                "title": about.title,
                "every_hours": about.every_hours,
                "grace_days": about.grace_days,
                "publish": about.publish,
                "active": found.active,
            },
        )
        if request.method == "POST" and form.is_valid():
            await operations.change(visit.connection, id=id, **form.cleaned_data)
            return redirect("harvest-source", id=id)
        return render(request, "catalogue/harvest/form.html", {"form": form, "source": found})


async def delete(request: HttpRequest, id: int) -> HttpResponse:
    """Remove a source after a question."""
    async with visits.open_visit(request) as visit:
        found = await _source(visit, await _person(request, visit), id)
        if request.method == "POST":
            await operations.delete(visit.connection, id=id)
            return redirect("harvest")
        return render(request, "catalogue/harvest/delete.html", {"source": found})


async def _person(request: HttpRequest, visit: Visit) -> Person:
    return await permissions.require(request, visit.connection, role=queries.ROLE)


async def _source(visit: Visit, person: Person, id: int) -> Overview:
    """The source, or 404 for what is not there for this person."""
    found = await queries.sources(visit.connection, person=person, id=id) if id <= _LARGEST_ID else []
    if not found:
        raise Http404
    return found[0]
