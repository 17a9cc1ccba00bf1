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
# So many are seen at a glance; of more one looks for a word.
_GLANCE = 8
# So many found by a word are named one by one.
_FEW = 500
_ALARMS = 5
# Letters of a series' name in a line of the worklist.
_NAME = 80
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
        "places": places.grouped(entered),
        "waiting": waiting,
        "greeting": _greeting(len(waiting)),
        "needing": [task for task in tasks if task.needs],
        "others": [task for task in tasks if not task.needs],
        "says": ngettext("%(n)s Datensatz", "%(n)s Datensätze", total) % {"n": total},
        "more": total > len(tasks),
        "query": query,
        "searchable": bool(query) or total > _GLANCE,
        "may_create": person.may(role="editor"),
    }
    return render(request, "catalogue/editor/work.html", context)


def _greeting(number: int) -> str:
    if not number:
        return gettext("Gerade wartet nichts auf Sie.")
    says = ngettext("Eine Sache wartet auf Sie.", "%(n)s Dinge warten auf Sie.", number)
    return says % {"n": number}


async def _tasks(visit: Visit, person: Person, *, query: str) -> tuple[list[Task], int]:
    """The first datasets of theirs in the order in which they need work, and how many there are."""
    seen = [visit.scope.on("c.dataset_id"), visit.scope.on("d.id")]
    theirs = fragments.every([_own(person), *seen])
    sql = statements.load("catalogue")
    if query:
        total, named = await _named(visit, person, query)
        theirs = fragments.every([theirs, named])
    else:
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
    rows = await _rows(
        visit,
        Fragment(sql["work_on"] + " ", (ids,))
        + fragments.every(seen)
        + Fragment(" ORDER BY array_position(%s::bigint[], c.dataset_id)", (ids,)),
    )
    return [_task(row) for row in rows], int(total)


async def _named(visit: Visit, person: Person, query: str) -> tuple[int, Fragment]:
    """How many of theirs have this part in a key, title or keyword, and the condition on c that finds them.

    Few are known by their numbers; of many the first are soon met by whoever walks through all.
    """
    ways = [Fragment("m.words LIKE %s", (spelling.part(each),)) for each in spelling.spellings(query)]
    named = fragments.every(
        [
            Fragment("(") + fragments.join(ways, separator=" OR ") + Fragment(")"),
            visit.scope.on("m.dataset_id"),
        ]
    )
    sql = statements.load("catalogue")
    counted = Fragment(sql["work_named"] + " ", (_FEW,)) + fragments.every(
        [named, _own(person), visit.scope.on("d.id")]
    )
    ((total, ids),) = await _rows(visit, counted)
    if total <= _FEW:
        return total, Fragment("c.dataset_id = ANY (%s)", (ids or [],))
    return total, Fragment(sql["work_is_named"] + " ") + named + Fragment(" OFFSET 0)")


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
    for key, title, number, last, first, names in rows:
        says = ngettext(
            "%(title)s: seit %(day)s keine neuen Werte in %(n)s Messreihe",
            "%(title)s: seit %(day)s keine neuen Werte in %(n)s Messreihen",
            number,
        )
        said = says % {"title": wording.said(title) or key, "day": formats.day(last), "n": number}
        which = "; ".join([*(name[:_NAME] for name in names), *("…" for _ in range(number > len(names)))])
        url = reverse("datastream", args=[first])
        found.append(Waiting(says=f"{said} ({which})", url=url, does=gettext("Nachsehen")))
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
