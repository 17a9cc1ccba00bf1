# SPDX-License-Identifier: EUPL-1.2
"""Pages for changing several datasets at once: choose, look, do, take back."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from typing import Any
from urllib.parse import urlencode

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext, gettext_lazy
from django.views.decorators.http import require_POST

from stadtkern.catalogue import operations as catalogue
from stadtkern.catalogue import queries as records
from stadtkern.catalogue.browse import wording
from stadtkern.catalogue.editor import desk as editor
from stadtkern.catalogue.entities import Dataset
from stadtkern.catalogue.operations import datasets, moving
from stadtkern.governance import desk as desks
from stadtkern.governance.bulk import acts, forms, operations, queries
from stadtkern.governance.bulk.acts import ACTS, Line
from stadtkern.governance.bulk.queries import Question
from stadtkern.governance.desk import Desk
from stadtkern.governance.words import told
from stadtkern.identity import permissions
from stadtkern.ui import paging

_LAST_PAGE = 10_000
NEEDS = {
    "licence": gettext_lazy("ohne Lizenz"),
    "theme": gettext_lazy("ohne Thema"),
    "description": gettext_lazy("ohne Beschreibung"),
    "forms": gettext_lazy("ohne Daten"),
}
_CHANGED = (catalogue.DatasetNotReady, catalogue.NotInCatalogue, moving.DatasetHasMoved)


@told
async def listing(request: HttpRequest) -> HttpResponse:
    """Somebody's datasets, to be chosen from."""
    async with desks.open_desk(request) as desk:
        await permissions.require(request, desk.connection, role="editor")
        rooms = await editor.rooms(desk.visit, desk.person)
        context = await _list(request, desk, forms.StepForm(rooms=rooms), rooms)
    return render(request, "governance/bulk/list.html", context)


@told
async def change(request: HttpRequest) -> HttpResponse:
    """Show what a step would do to each; then do it."""
    if request.method != "POST":
        return redirect("bulk")
    async with desks.open_desk(request) as desk:
        await permissions.require(request, desk.connection, role="editor")
        rooms = await editor.rooms(desk.visit, desk.person)
        form = forms.StepForm(request.POST, rooms=rooms)
        keys = [key for key in request.POST.getlist("datensatz")[: queries.MOST] if "\0" not in key]
        found = await _chosen(desk, keys)
        if not form.is_valid() or not found:
            if not found:
                form.add_error(None, gettext("Kreuzen Sie oben mindestens einen Datensatz an."))
            context = await _list(request, desk, form, rooms, ticked={dataset.key for dataset in found})
            return render(request, "governance/bulk/list.html", context, status=422)
        said = form.said()
        lines = acts.preview(found, said, person=desk.person, partners=await queries.kinds(desk.connection))
        context = {
            "form": form,
            "said": said,
            "act": ACTS[said.act],
            "lines": lines,
            "changing": [line for line in lines if not line.hindrance],
            "blocked": [line for line in lines if line.hindrance],
            "seen": _seen(lines),
        }
        if request.POST.get("sicher") == "ja" and context["changing"]:
            if request.POST.get("gesehen") == context["seen"]:
                try:
                    number = await operations.take(desk.connection, by=desk.person, said=said, lines=lines)
                    return redirect("bulk-step", id=number)
                except _CHANGED:
                    context["moved"] = True
            else:
                context["moved"] = True
    return render(request, "governance/bulk/sure.html", context, status=409 if context.get("moved") else 200)


@told
async def step(request: HttpRequest, id: int) -> HttpResponse:
    """What a step changed, with the button that takes it back."""
    async with desks.open_desk(request) as desk:
        found = await queries.step(desk.connection, person=desk.person, id=id)
        changes = await queries.changes(desk.connection, id=found.id)
        ids = [each.dataset_id for each in changes]
        shown = await records.by_ids(desk.connection, desk.visit.scope, ids=ids)
        rooms = dict(await editor.rooms(desk.visit, desk.person))
    context = {
        "step": found,
        "act": ACTS[found.said.act],
        "named": acts.title(found.said, rooms=rooms),
        "datasets": [(each.key, _title(each)) for each in shown],
        "total": len(ids),
        "kept": _number(request.GET.get("blieb", "")) or 0,
    }
    return render(request, "governance/bulk/step.html", context)


@told
@require_POST
async def undo(request: HttpRequest, id: int) -> HttpResponse:
    """Take a step back."""
    async with desks.open_desk(request) as desk:
        found = await queries.step(desk.connection, person=desk.person, id=id)
        done = await operations.undo(desk.connection, desk.visit.scope, by=desk.person, step=found)
    answer = redirect("bulk-step", id=found.id)
    if done.kept:
        answer["Location"] += f"?blieb={done.kept}"
    return answer


async def _chosen(desk: Desk, keys: Sequence[str]) -> list[Dataset]:
    return await queries.chosen(desk.connection, desk.visit.scope, person=desk.person, keys=keys)


async def _list(
    request: HttpRequest,
    desk: Desk,
    form: forms.StepForm,
    rooms: Sequence[tuple[str, str]],
    *,
    ticked: set[str] | None = None,
) -> dict[str, Any]:
    question = _question(request, rooms)
    found, more = await queries.some(desk.connection, desk.visit.scope, person=desk.person, question=question)
    chosen = {each.key for each in found} if "alle" in request.GET else ticked or set()
    asked = {name: text for name, text in request.GET.items() if name in _ASKED and text}
    names = dict(rooms)
    return {
        "form": form,
        "rows": [(each, _title(each), wording.STATES[each.state], _needs(each)) for each in found],
        "ticked": chosen,
        "asked": asked,
        "all_address": "?" + urlencode({**asked, "seite": question.page, "alle": "1"}),
        "states": wording.STATES,
        "rooms": rooms,
        "needs": NEEDS,
        "paging": paging.between(
            "?" + urlencode({**asked, "seite": question.page - 1}) if question.page > 1 else "",
            "?" + urlencode({**asked, "seite": question.page + 1}) if more else "",
        ),
        "steps": [
            (each, ACTS[each.said.act], acts.title(each.said, rooms=names))
            for each in await queries.last(desk.connection, person=desk.person)
        ],
        "most": queries.PAGE,
    }


_ASKED = ("q", "stand", "raum", "fehlt")


def _question(request: HttpRequest, rooms: Sequence[tuple[str, str]]) -> Question:
    given = {name: request.GET.get(name, "").replace("\0", "").strip()[:100] for name in _ASKED}
    return Question(
        words=given["q"],
        state=given["stand"] if given["stand"] in wording.STATES else "",
        room=given["raum"] if given["raum"] in dict(rooms) else "",
        need=given["fehlt"] if given["fehlt"] in NEEDS else "",
        page=min(_number(request.GET.get("seite", "")) or 1, _LAST_PAGE),
    )


def _number(text: str) -> int | None:
    return int(text) if text.isascii() and text.isdigit() and len(text) <= 9 else None


def _needs(dataset: Dataset) -> list[str]:
    """What a dataset lacks, in words."""
    lacking = [str(wording.MISSING[name]) for name in datasets.missing(dataset)]
    return lacking if dataset.themes else [*lacking, gettext("ein Thema")]


def _title(dataset: Dataset) -> str:
    return wording.said(dict(dataset.title)) or dataset.key


def _seen(lines: Sequence[Line]) -> str:
    """What was shown, so that nothing else is done."""
    shown = [(line.dataset.id, line.before, line.after, line.hindrance) for line in lines]
    return hashlib.sha256(repr(shown).encode()).hexdigest()[:32]
