# SPDX-License-Identifier: EUPL-1.2
"""What people do with a delivery: plan, read anew, decide, store, put aside, deliver again."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine, Mapping
from functools import wraps
from typing import Any
from uuid import UUID, uuid4

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext

from stadtkern.catalogue.onboarding import files, forms, operations, views, words
from stadtkern.catalogue.onboarding.entities import Trouble
from stadtkern.core import settings as core_settings
from stadtkern.identity import permissions
from stadtkern.ingest.imports import mapping
from stadtkern.ingest.imports.formats import kinds

View = Callable[[HttpRequest, UUID], Coroutine[Any, Any, HttpResponse]]


def in_step(view: View) -> View:
    """Whoever acts on a page older than the delivery sees the step that it is at; nothing happens."""

    @wraps(view)
    async def acting(request: HttpRequest, uuid: UUID) -> HttpResponse:
        try:
            return await view(request, uuid)
        except (operations.MovedOn, operations.NotYet):
            return redirect("import", uuid=uuid)

    return acting


@in_step
async def plan(request: HttpRequest, uuid: UUID) -> HttpResponse:
    """Take the plan and have the file checked."""
    async with views.open_delivery(request, uuid) as (desk, found):
        if request.method != "POST" or found.found is None:
            return redirect("import", uuid=uuid)
        form = await views.plan_form(desk, found, found.found, given=request.POST)
        if form.is_valid():
            try:
                await operations.plan(desk.visit.connection, delivery=found, plan=form.plan())
                return redirect("import", uuid=uuid)
            except mapping.InvalidMapping as error:
                form.add_error(None, gettext("Der Plan geht nicht auf: %(why)s") % {"why": error.detail})
        layout = forms.LayoutForm(delivery=found)
        context = {**await views.context_of(desk, found), "plan": form, "layout": layout}
    return render(request, "catalogue/onboarding/delivery.html", context)


@in_step
async def layout(request: HttpRequest, uuid: UUID) -> HttpResponse:
    """Read the file anew with another layout."""
    async with views.open_delivery(request, uuid) as (desk, found):
        form = forms.LayoutForm(request.POST or None, delivery=found)
        if request.method != "POST" or found.found is None:
            return redirect("import", uuid=uuid)
        if form.is_valid():
            given = form.cleaned_data
            file = _file(given)
            await operations.look_again(
                desk.visit.connection, delivery=found, part=given.get("part") or "", file=file
            )
            return redirect("import", uuid=uuid)
        context = {
            **await views.context_of(desk, found),
            "plan": await views.plan_form(desk, found, found.found),
            "layout": form,
        }
    return render(request, "catalogue/onboarding/delivery.html", context)


def _file(given: Mapping[str, Any]) -> mapping.File:
    """The layout that was chosen; a sheet's cells have a point as decimal sign."""
    return mapping.File(
        skip=given["skip"],
        encoding=given.get("encoding") or None,
        delimiter=given.get("delimiter") or None,
        decimal=given.get("decimal") or ".",
    )


@in_step
async def decide(request: HttpRequest, uuid: UUID) -> HttpResponse:
    """A steward decides about what could concern people."""
    async with views.open_delivery(request, uuid) as (desk, found):
        await permissions.require(
            request, desk.visit.connection, role="steward", organisation_id=found.recipe.organisation_id
        )
        form = forms.DecisionForm(request.POST or None)
        if request.method == "POST" and form.is_valid():
            await operations.decide(
                desk.visit.connection,
                by=desk.person,
                delivery=found,
                allowed=form.cleaned_data["verdict"] == "allowed",
                reason=form.cleaned_data["reason"],
            )
            return redirect("import", uuid=uuid)
        context = {**await views.context_of(desk, found), "decision_form": form}
    return render(request, "catalogue/onboarding/delivery.html", context)


@in_step
async def store(request: HttpRequest, uuid: UUID) -> HttpResponse:
    """Have the delivery stored."""
    async with views.open_delivery(request, uuid) as (desk, found):
        context = await views.context_of(desk, found, given=request.POST or None)
        form = context.get("about")
        if request.method == "POST" and (form is None or form.is_valid()):
            about = form.about() if form is not None else None
            await operations.store(desk.visit.connection, by=desk.person, delivery=found, about=about)
            return redirect("import", uuid=uuid)
    return render(request, "catalogue/onboarding/delivery.html", context)


@in_step
async def discard(request: HttpRequest, uuid: UUID) -> HttpResponse:
    """Put a delivery aside, after asking."""
    async with views.open_delivery(request, uuid) as (desk, found):
        if request.method == "POST":
            await operations.discard(desk.visit.connection, delivery=found)
            return redirect("imports")
    return render(request, "catalogue/onboarding/discard.html", {"delivery": found})


async def further(request: HttpRequest, uuid: UUID) -> HttpResponse:
    """Send another file for the same recipe, or fetch its address now."""
    async with views.open_delivery(request, uuid) as (desk, found):
        if request.method != "POST" or not found.later:
            return redirect("import", uuid=uuid)
        connection, recipe, made = desk.visit.connection, found.recipe, uuid4()
        name, size = "", 0
        if "fetch" not in request.POST or not recipe.url:
            form = forms.FileForm(request.POST, request.FILES)
            if form.is_valid():
                upload = form.cleaned_data["file"]
                name = upload.name
                try:
                    size = await asyncio.to_thread(
                        files.keep, core_settings.load(), made, chunks=upload.chunks()
                    )
                except kinds.RefusedFile as error:
                    form.add_error("file", words.trouble(Trouble(code=error.code, facts=error.facts)))
            if form.errors:
                context = {**await views.context_of(desk, found), "file_form": form}
                return render(request, "catalogue/onboarding/delivery.html", context)
        await operations.deliver(
            connection,
            recipe_id=recipe.id,
            by_id=desk.person.principal_id,
            file_name=name,
            size=size,
            uuid=made,
        )
    return redirect("import", uuid=made)


async def schedule(request: HttpRequest, uuid: UUID) -> HttpResponse:
    """Fetch the address again and again, or no longer."""
    async with views.open_delivery(request, uuid) as (desk, found):
        form = forms.ScheduleForm(request.POST or None)
        if request.method == "POST" and found.recipe.url and form.is_valid():
            every = forms.EVERY[form.cleaned_data["every"]][1]
            await operations.schedule(desk.visit.connection, delivery=found, every=every)
    return redirect("import", uuid=uuid)
