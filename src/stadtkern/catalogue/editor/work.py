# SPDX-License-Identifier: EUPL-1.2
"""The start page of people at work: what needs them, and where everything is."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

import msgspec
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext, ngettext

from stadtkern.catalogue.browse import wording
from stadtkern.core import fragments, statements
from stadtkern.core.fragments import Fragment
from stadtkern.identity import permissions
from stadtkern.identity.permissions import Person
from stadtkern.ui import places
from stadtkern.ui import visit as visits
from stadtkern.ui.visit import Visit

_SHOWN = 30
_ORDER = (
    " ORDER BY d.state = 'draft' DESC, c.themes = '{}' OR c.description = '{}' DESC,"
    " c.changed_at DESC LIMIT %s"
)


class Task(msgspec.Struct, frozen=True):
    """A dataset and what it needs; nothing when it is in order."""

    key: str
    title: str
    state: str
    draft: bool
    changed_at: datetime
    needs: Sequence[str]


async def start(request: HttpRequest) -> HttpResponse:
    """What waits for them, the places of work, datasets that need something first, then the others."""
    query = " ".join(request.GET.get("q", "").replace("\0", "").split())[:100]
    async with visits.open_visit(request) as visit:
        person = await permissions.require_signed_in(request, visit.connection)
        entered, waiting = await places.open_to(visit.connection, person)
        tasks, total = await _tasks(visit, person, query=query) if person.works_here else ([], 0)
    context = {
        "person": person,
        "places": [place for place in entered if place.url_name != "work"],
        "waiting": waiting,
        "needing": [task for task in tasks if task.needs],
        "others": [task for task in tasks if not task.needs],
        "says": ngettext("%(n)s Datensatz", "%(n)s Datensätze", total) % {"n": total},
        "more": total > len(tasks),
        "query": query,
        "may_create": person.may(role="editor"),
    }
    return render(request, "catalogue/editor/work.html", context)


async def _tasks(visit: Visit, person: Person, *, query: str) -> tuple[list[Task], int]:
    mine = [id_ for id_ in person.roles if person.may(role="editor", organisation_id=id_)]
    named = (
        Fragment("position(lower(%s) in lower(c.title ->> 'de')) > 0", (query,)) if query else fragments.TRUE
    )
    text, params = (
        Fragment(statements.load("catalogue")["work_on"] + " ", (person.administrator, mine))
        + fragments.every([named, visit.scope.on("c.dataset_id"), visit.scope.on("d.id")])
        + Fragment(_ORDER, (_SHOWN,))
    )
    rows = await (await visit.connection.execute(text, params)).fetchall()
    tasks = [
        Task(
            row[0],
            wording.said(row[1]) or row[0],
            str(wording.STATES[row[2]]),
            row[2] == "draft",
            row[3],
            _needs(row),
        )
        for row in rows
    ]
    return tasks, int(rows[0][4]) if rows else 0


def _needs(row: Sequence[object]) -> list[str]:
    said = [
        (row[2] == "draft", gettext("noch nicht veröffentlicht")),
        (row[5], gettext("keine Daten")),
        (row[6], gettext("Lizenz fehlt")),
        (row[7], gettext("Thema fehlt")),
        (row[8], gettext("Beschreibung fehlt")),
    ]
    return [text for lacking, text in said if lacking]
