# SPDX-License-Identifier: EUPL-1.2
"""Pages of the editor: metadata with their points, publication, and a new dataset."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.http import HttpRequest, HttpResponse, HttpResponseNotAllowed, JsonResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext

from stadtkern.catalogue import operations
from stadtkern.catalogue.browse import wording
from stadtkern.catalogue.editor import desk as desks
from stadtkern.catalogue.editor import forms, scoring, values
from stadtkern.catalogue.editor.desk import Desk, Place
from stadtkern.catalogue.entities import Dataset
from stadtkern.catalogue.operations import datasets
from stadtkern.identity import permissions
from stadtkern.ui import visit as visits


async def editor(request: HttpRequest, key: str) -> HttpResponse:
    """The metadata of a dataset."""
    async with desks.open_desk(request, key=key) as desk:
        places = await desks.places(desk.visit)
        form = _form(request, desk, places)
        shown = desk.dataset
        if request.method == "POST":
            if form.is_valid() and _unchanged(form, desk.dataset):
                said = _said(form.cleaned_data, desk, places)
                await operations.change(
                    desk.visit.connection, by=desk.person, dataset_id=desk.dataset.id, **said
                )
                return redirect(f"{request.path}?gespeichert=1")
            shown = scoring.with_values(shown, _said(form.cleaned_data, desk, places))
        context = _context(desk, form, shown, saved="gespeichert" in request.GET)
    return render(request, "catalogue/editor/editor.html", context, status=200 if not form.errors else 422)


async def points(request: HttpRequest, key: str) -> HttpResponse:
    """The points of what stands in the fields right now; nothing is stored."""
    if request.method != "POST":
        return HttpResponseNotAllowed(["POST"])
    async with desks.open_desk(request, key=key) as desk:
        places = await desks.places(desk.visit)
        form = _form(request, desk, places)
        form.is_valid()
        shown = scoring.with_values(desk.dataset, _said(form.cleaned_data, desk, places))
    now = scoring.standing(shown)
    return JsonResponse({
        "points": now.points,
        "words": now.words,
        "hints": [{"text": hint.said, "target": hint.target} for hint in now.hints],
        "fields": now.fields,
    })  # fmt: skip


async def state(request: HttpRequest, key: str) -> HttpResponse:
    """Publish or withdraw; withdrawing is asked back."""
    wanted = request.POST.get("stand") or request.GET.get("stand", "")
    async with desks.open_desk(request, key=key, role="publisher") as desk:
        if request.method == "POST" and wanted in ("published", "withdrawn"):
            act = operations.publish if wanted == "published" else operations.withdraw
            try:
                await act(desk.visit.connection, by=desk.person, dataset_id=desk.dataset.id)
            except operations.DatasetNotReady:
                return _not_ready(request, desk)
            return redirect("dataset-editor", key=key)
        if desk.dataset.state != "published":
            return redirect("dataset-editor", key=key)
        context = {"dataset": desk.dataset, "title": wording.said(dict(desk.dataset.title)) or key}
    return render(request, "catalogue/editor/withdraw.html", context)


async def new(request: HttpRequest) -> HttpResponse:
    """Make a dataset; everything else is said in its editor."""
    async with visits.open_visit(request) as visit:
        person = await permissions.require(request, visit.connection, role="editor")
        choices = {
            "organisations": await desks.organisations(visit, person, role="editor"),
            "rooms": await desks.rooms(visit, person),
        }
        form = forms.DatasetForm(request.POST if request.method == "POST" else None, **choices)
        if form.is_valid():
            said = form.cleaned_data
            made = await operations.create(
                visit.connection, by=person, kind=said["kind"], title={"de": said["title"]},
                room=said["room"], organisation_id=int(said["organisation"]), language=("DEU",),
            )  # fmt: skip
            return redirect("dataset-editor", key=made.key)
    status = 422 if form.errors else 200
    return render(request, "catalogue/editor/new.html", {"form": form}, status=status)


def _form(request: HttpRequest, desk: Desk, places: Mapping[str, Place]) -> forms.MetadataForm:
    zone = desk.visit.city.zone
    shapes = {code: place.geometry for code, place in places.items()}
    choices = [(code, place.name) for code, place in places.items()]
    if values.place_of(desk.dataset, places=shapes) == values.KEPT:
        choices.insert(0, (values.KEPT, gettext("wie bisher")))
    initial = values.initial(desk.dataset, zone=zone, places=shapes)
    data = request.POST if request.method == "POST" else None
    return forms.MetadataForm(data, initial=initial, places=choices)


def _said(cleaned: Mapping[str, Any], desk: Desk, places: Mapping[str, Place]) -> dict[str, Any]:
    shapes = {code: place.geometry for code, place in places.items()}
    return values.metadata(cleaned, dataset=desk.dataset, zone=desk.visit.city.zone, places=shapes)


def _unchanged(form: forms.MetadataForm, dataset: Dataset) -> bool:
    """Whether nobody else has saved since the form was opened."""
    seen = form.cleaned_data.get("seen")
    if seen and seen != dataset.changed_at.isoformat():
        text = gettext("Inzwischen hat jemand anderes diesen Datensatz geändert. Laden Sie die Seite neu.")
        form.add_error(None, text)
        return False
    return True


def _context(desk: Desk, form: forms.MetadataForm, shown: Dataset, *, saved: bool = False) -> dict[str, Any]:
    return {
        "dataset": desk.dataset,
        "title": wording.said(dict(desk.dataset.title)) or desk.dataset.key,
        "state": wording.STATES[desk.dataset.state],
        "form": form,
        "saved": saved,
        "standing": scoring.standing(shown),
        "most": 405,
        "missing": [str(wording.MISSING[name]) for name in datasets.missing(shown)],
        "may_publish": desk.may("publisher"),
    }


def _not_ready(request: HttpRequest, desk: Desk) -> HttpResponse:
    """What is still missing, and the way back."""
    lacking = [str(wording.MISSING[name]) for name in datasets.missing(desk.dataset)]
    context = {"dataset": desk.dataset, "missing": lacking}
    return render(request, "catalogue/editor/missing.html", context, status=422)
