# SPDX-License-Identifier: EUPL-1.2
"""Pages for the forms in which a dataset's data can be had: adding, changing, removing one."""

from __future__ import annotations

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render

from stadtkern.catalogue import operations
from stadtkern.catalogue.browse import wording
from stadtkern.catalogue.editor import desk as desks
from stadtkern.catalogue.editor import forms, values
from stadtkern.catalogue.editor.desk import Desk
from stadtkern.catalogue.entities import Distribution

# Who made a form, where people may name it nevertheless.
_TITLED = {"file": ("title",)}


async def add(request: HttpRequest, key: str) -> HttpResponse:
    """One more form of the data; the licence of the others is proposed."""
    async with desks.open_desk(request, key=key) as desk:
        others = desk.dataset.distributions
        proposed = {"licence": others[0].licence, "attribution": others[0].attribution} if others else {}
        form = forms.FormForm(request.POST if request.method == "POST" else None, initial=proposed)
        if form.is_valid():
            said = values.form_fields(form.cleaned_data, stored=None)
            await operations.add_distribution(
                desk.visit.connection, by=desk.person, dataset_id=desk.dataset.id, **said
            )
            return redirect("dataset-editor", key=key)
    return _page(request, desk, form, None)


async def change(request: HttpRequest, key: str, id: int) -> HttpResponse:
    """Change one form of the data. Of those that make themselves, licence and source only."""
    async with desks.open_desk(request, key=key) as desk:
        stored = _stored(desk, id)
        given = request.POST if request.method == "POST" else None
        form = forms.FormForm(given, initial=values.form_initial(stored))
        said_by_people = ("licence", "attribution", "rights", *_TITLED.get(stored.made_by, ()))
        if stored.made_by:
            for name in ("title_de", "access_url", "direct", "format", "byte_size"):
                form.fields[name].disabled = name.partition("_")[0] not in said_by_people
        if form.is_valid():
            said = values.form_fields(form.cleaned_data, stored=stored)
            if stored.made_by:
                said = {name: said[name] for name in said_by_people}
            await operations.change_distribution(
                desk.visit.connection, by=desk.person, dataset_id=desk.dataset.id, id=id, **said
            )
            return redirect("dataset-editor", key=key)
    return _page(request, desk, form, stored)


async def remove(request: HttpRequest, key: str, id: int) -> HttpResponse:
    """Remove one form of the data, after asking."""
    async with desks.open_desk(request, key=key) as desk:
        stored = _stored(desk, id)
        if stored.made_by:
            raise Http404
        if request.method == "POST":
            await operations.remove_distribution(
                desk.visit.connection, by=desk.person, dataset_id=desk.dataset.id, id=id
            )
            return redirect("dataset-editor", key=key)
    context = {
        "dataset": desk.dataset,
        "form": stored,
        "name": wording.said(dict(stored.title)) or stored.access_url,
    }
    return render(request, "catalogue/editor/remove.html", context)


def _stored(desk: Desk, id: int) -> Distribution:
    found = next((form for form in desk.dataset.distributions if form.id == id), None)
    if found is None:
        raise Http404
    return found


def _page(
    request: HttpRequest, desk: Desk, form: forms.FormForm, stored: Distribution | None
) -> HttpResponse:
    file = stored.access_url.rpartition("/")[2] if stored and stored.made_by == "file" else ""
    context = {"dataset": desk.dataset, "form": form, "stored": stored, "file": file}
    return render(request, "catalogue/editor/form.html", context, status=422 if form.errors else 200)
