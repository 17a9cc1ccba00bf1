# SPDX-License-Identifier: EUPL-1.2
"""The page on which a dataset moves: where to, then what follows, then the step itself."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django import forms
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext, gettext_lazy

from stadtkern.catalogue import queries
from stadtkern.catalogue.browse import wording
from stadtkern.catalogue.editor import desk as desks
from stadtkern.catalogue.editor import effects
from stadtkern.catalogue.editor.desk import Desk
from stadtkern.catalogue.operations import moving
from stadtkern.ui import visit as visits

Choices = Sequence[tuple[str, str]]


class MoveForm(forms.Form):
    """Where a dataset shall lie, and whose it shall be. `seen`: where it lay when the page was opened."""

    room = forms.ChoiceField(
        label=gettext_lazy("In welchem Datenraum soll er liegen?"), widget=forms.RadioSelect
    )
    organisation = forms.ChoiceField(
        label=gettext_lazy("Welche Stelle soll ihn betreuen?"),
        help_text=gettext_lazy("Zur Wahl stehen Stellen, in denen Sie veröffentlichen dürfen."),
    )
    seen = forms.CharField(max_length=200, widget=forms.HiddenInput)

    def __init__(self, *args: Any, rooms: Choices, organisations: Choices, **kwargs: Any):
        super().__init__(*args, **kwargs)
        self.fields["room"].choices = list(rooms)  # type: ignore[attr-defined]
        self.fields["organisation"].choices = list(organisations)  # type: ignore[attr-defined]

    def clean(self) -> dict[str, Any]:
        """Something changes."""
        given = super().clean() or {}
        chosen = f"{given.get('room')} {given.get('organisation')}"
        if not self.errors and chosen == given.get("seen"):
            self.add_error(
                None, gettext("Dort liegt er schon. Wählen Sie einen anderen Raum oder eine andere Stelle.")
            )
        return given


async def move(request: HttpRequest, key: str) -> HttpResponse:
    """Ask where to; then say who will see it and who no longer; then do it."""
    async with desks.open_desk(request, key=key, role="publisher") as desk:
        person = desk.person
        answer = await _ask_or_move(request, desk)
    if answer is not None:
        return answer
    # What somebody may see has just changed, so that it is asked anew.
    async with visits.open_visit(request) as visit:
        found = await queries.one(visit.connection, visit.scope, key=key)
    if found is None:
        return redirect("room", key=request.POST["room"])
    mine = person.may(role="editor", organisation_id=found.organisation.id)
    return redirect("dataset-editor" if mine else "dataset", key=key)


async def _ask_or_move(request: HttpRequest, desk: Desk) -> HttpResponse | None:
    """The page to show; none when the dataset has moved."""
    form = await _form(request, desk)
    context: dict[str, Any] = {
        "dataset": desk.dataset,
        "title": wording.said(dict(desk.dataset.title)) or desk.dataset.key,
        "form": form,
    }
    if request.method != "POST" or not form.is_valid() or not await _fits(desk, form):
        status = 422 if form.errors else 200
        return render(request, "catalogue/editor/move.html", context, status=status)
    room, organisation_id = form.cleaned_data["room"], int(form.cleaned_data["organisation"])
    if request.POST.get("sure") == "yes":
        seen_room, _, seen_organisation = form.cleaned_data["seen"].partition(" ")
        seen = (seen_room, int(seen_organisation) if seen_organisation.isdecimal() else 0)
        try:
            await moving.move(
                desk.visit.connection, by=desk.person, dataset_id=desk.dataset.id, room=room,
                organisation_id=organisation_id, seen=seen,
            )  # fmt: skip
        except moving.DatasetHasMoved as error:
            form.add_error(None, gettext("Inzwischen wurde er verschoben. Laden Sie die Seite neu."))
            return render(request, "catalogue/editor/move.html", context, status=error.status)
        return None
    before = await effects.room(desk, key=desk.dataset.room.key)
    after = await effects.room(desk, key=room)
    context["effects"] = await effects.of(desk, before=before, after=after, organisation_id=organisation_id)
    context |= {"before": before, "after": after, "wider": after.kind == "public" != before.kind}
    return render(request, "catalogue/editor/move_sure.html", context)


async def _form(request: HttpRequest, desk: Desk) -> MoveForm:
    room, organisation = desk.dataset.room, desk.dataset.organisation
    rooms = dict(await desks.rooms(desk.visit, desk.person))
    rooms.setdefault(room.key, wording.said(dict(room.title)) or room.key)
    own = str(organisation.id)
    organisations = dict(await desks.organisations(desk.visit, desk.person, role="publisher"))
    organisations.setdefault(own, wording.said(dict(organisation.name)))
    seen = {"room": room.key, "organisation": own, "seen": f"{room.key} {own}"}
    data = request.POST if request.method == "POST" else None
    return MoveForm(data, initial=seen, rooms=list(rooms.items()), organisations=list(organisations.items()))


async def _fits(desk: Desk, form: MoveForm) -> bool:
    """Partners see nothing internal: they could not work on what lies there."""
    kind, _ = await effects.organisation(desk, id=int(form.cleaned_data["organisation"]))
    room = await effects.room(desk, key=form.cleaned_data["room"])
    if kind == "partner" and room.kind == "internal":
        form.add_error(
            "room", gettext("Partner sehen nichts Internes. Wählen Sie einen Raum, in den sie dürfen.")
        )
        return False
    return True
