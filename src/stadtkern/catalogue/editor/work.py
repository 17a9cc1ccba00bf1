# SPDX-License-Identifier: EUPL-1.2
"""The start page of people at work: what needs them, and where everything is."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

import msgspec
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext, ngettext

from stadtkern.catalogue.browse import wording
from stadtkern.catalogue.search import spelling
from stadtkern.core import fragments, statements
from stadtkern.core.fragments import Fragment
from stadtkern.identity import permissions
from stadtkern.identity.permissions import Person
from stadtkern.ui import formats, places
from stadtkern.ui import visit as visits
from stadtkern.ui.places import Waiting
from stadtkern.ui.visit import Visit

_SHOWN = 30
_ALARMS = 5
_LACKING = "(c.themes = '{}' OR c.description = '{}')"
# What needs work first: conditions of each kind, and how it is sorted.
_KINDS = (
    ("d.state = 'draft'", f"{_LACKING} DESC, c.changed_at DESC"),
    (f"d.state <> 'draft' AND {_LACKING}", "c.changed_at DESC"),
    (f"d.state <> 'draft' AND NOT {_LACKING}", "c.changed_at DESC"),
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
        waiting += await _silent(visit, person) if person.works_here else []
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
    """The first datasets of theirs in the order in which they need work, and how many there are."""
    seen = [visit.scope.on("c.dataset_id"), visit.scope.on("d.id")]
    theirs = fragments.every([_own(person), *seen])
    ids, total = await (_named(visit, theirs, query) if query else _first(visit, theirs))
    rows = await _rows(
        visit,
        Fragment(statements.load("catalogue")["work_on"] + " ", (ids,))
        + fragments.every(seen)
        + Fragment(" ORDER BY array_position(%s::bigint[], c.dataset_id)", (ids,)),
    )
    return [_task(row) for row in rows], total


async def _first(visit: Visit, theirs: Fragment) -> tuple[list[int], int]:
    """Of all that are theirs, kind by kind, so that of many only the first are read."""
    sql = statements.load("catalogue")
    (total,) = (await _rows(visit, Fragment(sql["work_count"] + " ") + theirs))[0]
    ids: list[int] = []
    for kind, order in _KINDS if total else ():
        wanted = (
            Fragment(sql["work_first"] + " ") + theirs + Fragment(f" AND {kind} ORDER BY {order} LIMIT %s")
        )
        found = await _rows(visit, wanted + Fragment("", (_SHOWN - len(ids),)))
        ids += [row[0] for row in found]
        if len(ids) == _SHOWN:
            break
    return ids, int(total)


async def _named(visit: Visit, theirs: Fragment, query: str) -> tuple[list[int], int]:
    """Of those with this part in a key, title or keyword; they are looked for once."""
    ways = [Fragment("m.words LIKE %s", (spelling.part(each),)) for each in spelling.spellings(query)]
    head, middle, tail = statements.load("catalogue")["work_named"].split("/* conditions */")
    named = Fragment("(") + fragments.join(ways, separator=" OR ") + Fragment(")")
    statement = (
        Fragment(head)
        + fragments.every([named, visit.scope.on("m.dataset_id")])
        + Fragment(middle)
        + theirs
        + Fragment(tail, (_SHOWN,))
    )
    rows = await _rows(visit, statement)
    return [row[0] for row in rows], int(rows[0][1]) if rows else 0


async def _silent(visit: Visit, person: Person) -> list[Waiting]:
    """Datasets of theirs in which series have fallen silent, those that spoke last first."""
    seen = [visit.scope.on(alias) for alias in ("t.dataset_id", "d.id", "c.dataset_id")]
    rows = await _rows(
        visit,
        Fragment(statements.load("catalogue")["fallen_silent"] + " ")
        + fragments.every([_own(person), *seen])
        + Fragment(" GROUP BY d.id, c.dataset_id ORDER BY max(s.last_time) DESC LIMIT %s", (_ALARMS,)),
    )
    found = []
    for key, title, number, last in rows:
        says = ngettext(
            "%(title)s: seit %(day)s keine neuen Werte in %(n)s Messreihe",
            "%(title)s: seit %(day)s keine neuen Werte in %(n)s Messreihen",
            number,
        )
        said = says % {"title": wording.said(title) or key, "day": formats.day(last), "n": number}
        found.append(Waiting(says=said, url=reverse("dataset", args=[key]), does=gettext("Nachsehen")))
    return found


async def _rows(visit: Visit, statement: Fragment) -> list[tuple[Any, ...]]:
    """Planned for its values: whose datasets they are decides the way."""
    cursor = await visit.connection.execute(statement.text, statement.params, prepare=False)
    return await cursor.fetchall()


def _own(person: Person) -> Fragment:
    if person.administrator:
        return fragments.TRUE
    mine = [id_ for id_ in person.roles if person.may(role="editor", organisation_id=id_)]
    return Fragment("d.organisation_id = ANY (%s)", (mine,))


def _task(row: Sequence[Any]) -> Task:
    key, title, state, changed_at = row[:4]
    name = wording.said(title) or key
    return Task(key, name, str(wording.STATES[state]), state == "draft", changed_at, _needs(row))


def _needs(row: Sequence[Any]) -> list[str]:
    said = [
        (row[2] == "draft", gettext("noch nicht veröffentlicht")),
        (row[4], gettext("keine Daten")),
        (row[5], gettext("Lizenz fehlt")),
        (row[6], gettext("Thema fehlt")),
        (row[7], gettext("Beschreibung fehlt")),
    ]
    return [text for lacking, text in said if lacking]
