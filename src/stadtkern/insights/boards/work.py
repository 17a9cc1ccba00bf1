# SPDX-License-Identifier: EUPL-1.2
"""Where editors look after boards: the list, one board with its tiles, its settings, its versions."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext

from stadtkern.core import problems
from stadtkern.identity import permissions
from stadtkern.identity.permissions import Person
from stadtkern.insights.boards import (
    arranging,
    entities,
    framing,
    keeping,
    operations,
    queries,
    stepping,
    views,
    words,
)
from stadtkern.insights.boards.entities import Draft
from stadtkern.insights.cockpit import board as tiles
from stadtkern.insights.cockpit import definitions
from stadtkern.insights.cockpit.definitions import Content
from stadtkern.ui import done, formats
from stadtkern.ui import visit as visits
from stadtkern.ui.visit import Visit

# What changes what others see.
_RELEASES = ("veroeffentlichen", "entfernen", "zurueckholen")


async def listing(request: HttpRequest) -> HttpResponse:
    """All boards that this person may see, and those taken away."""
    async with visits.open_visit(request) as visit:
        person = await permissions.require_in_city(request, visit.connection, role="editor")
        seen = entities.audiences(person)
        found = [b for b in await queries.drafts(visit.connection) if b.content.audience in seen]
        removed = [b for b in found if b.removed_at is not None]
        about = {
            "boards": [_row(b) for b in found if b.removed_at is None],
            "removed": [{**_row(b), "may": await _may_publish(visit, person, b)} for b in removed],
        }
    return render(request, "insights/boards/work/list.html", about)


def _row(board: Draft) -> dict[str, Any]:
    content = board.content
    return {
        "board": board,
        "title": formats.words(content.title),
        "audience": words.AUDIENCES[content.audience],
        "view": words.VIEWS[content.view],
        "n": len(list(content.tiles)),
        "address": views.address(board) if board.published else "",
    }


async def new(request: HttpRequest) -> HttpResponse:
    """A new board."""
    async with visits.open_visit(request) as visit:
        person = await permissions.require_in_city(request, visit.connection, role="editor")
        begin = {"audience": "internal", "view": "overview"}
        form = framing.BoardForm(request.POST or None, initial=begin, audiences=entities.audiences(person))
        if request.method == "POST" and form.is_valid():
            try:
                key = await operations.add(visit.connection, by=person.principal_id, content=form.told())
                return redirect("board-work", key=key)
            except operations.BoardExists as there:
                form.add_error("title_de", words.says(there))
    return render(request, "insights/boards/work/settings.html", {"form": form})


@words.told
async def board(request: HttpRequest, key: str) -> HttpResponse:
    """A board with its themes and tiles, and how to change them."""
    async with visits.open_visit(request) as visit:
        person, found = await opened(visit, request, key)
        closer = request.GET.get("sicht") == "fach"
        groups = await tiles.arranged(visit, key="", content=found.content, closer=closer)
        made = {tile.key for group in groups for tile in group.tiles}
        if not closer and any(tile.expert for tile in found.content.tiles):
            glance = definitions.overview(found.content)
            groups = await tiles.arranged(visit, key="", content=glance)
        before = await queries.versions(visit.connection, key=key)
        may_publish = await _may_publish(visit, person, found)
    about = {
        **_row(found),
        "groups": groups,
        "themes": [_theme(found.content, n, made) for n in range(len(found.content.groups))],
        "may_publish": may_publish,
        "undoable": len(before) > 1,
        "last": words.step(before[0].step) if before else "",
        "last_by": before[0].made_by if before else "",
        "overtaken": bool(request.GET.get("ueberholt")),
        "done": bool(request.GET.get("getan")),
        "views": [
            (f"?sicht={name}#vorschau", words.VIEWS[each], (each == "expert") is closer)
            for name, each in views.VIEWS.items()
        ],
        "closer": closer,
    }
    return render(request, "insights/boards/work/board.html", about)


def _theme(content: Content, at: int, made: set[str]) -> dict[str, Any]:
    group, last = content.groups[at], len(content.groups) - 1
    rows = [
        {
            "key": d.key,
            "title": formats.words(d.title),
            "kind": words.KINDS[d.form].name,
            "wide": d.wide,
            "expert": d.expert,
            "empty": d.key not in made,
            "first": at == 0 and n == 0,
            "last": at == last and n == len(group.tiles) - 1,
        }
        for n, d in enumerate(group.tiles)
    ]
    title = formats.words(group.title)
    return {"key": group.key, "title": title, "tiles": rows, "first": at == 0, "last": at == last}


@words.told
async def do(request: HttpRequest, key: str) -> HttpResponse:
    """One step at a board: order, width, away with something, undo, publish."""
    async with visits.open_visit(request) as visit:
        person, found = await opened(visit, request, key, removed=request.POST.get("was") == "zurueckholen")
        if request.method != "POST":
            return redirect("board-work", key=key)
        what = request.POST.get("was", "")
        if what in _RELEASES and not await _may_publish(visit, person, found):
            raise permissions.RoleIsMissing("publisher")
        if what == "entfernen":
            await operations.take_away(visit.connection, key=key)
            return done.redirect("boards-work", did="entfernt")
        if what == "zurueckholen":
            if found.removed_at is not None:
                await operations.bring_back(visit.connection, key=key)
            return redirect_back(key)
        try:
            await stepping.step(visit.connection, by=person.principal_id, board=found, given=request.POST)
        except operations.BoardHasChanged:
            return redirect_back(key, said="ueberholt")
    return redirect_back(key)


@words.told
async def settings(request: HttpRequest, key: str) -> HttpResponse:
    """Other words or another audience for a board."""
    async with visits.open_visit(request) as visit:
        person, found = await opened(visit, request, key)
        form = framing.BoardForm(
            request.POST or None,
            initial=framing.board_start(found.content),
            audiences=entities.audiences(person),
        )
        if request.method == "POST" and form.is_valid():
            try:
                content = form.told(found.content)
                if await keeping.kept(
                    visit.connection, by=person, key=key, version=_sent(request), content=content,
                    step="settings", form=form,
                ):  # fmt: skip
                    return redirect_back(key)
            except operations.FrontPageStays as stays:
                form.add_error("audience", words.says(stays))
        may_remove = not found.front and await _may_publish(visit, person, found)
    title = formats.words(found.content.title)
    about = {"form": form, "board": found, "title": title, "may_remove": may_remove}
    return render(request, "insights/boards/work/settings.html", about, status=keeping.status(form))


@words.told
async def theme(request: HttpRequest, key: str) -> HttpResponse:
    """A theme's title; without `?thema=`, a new one."""
    group = request.GET.get("thema", "")
    async with visits.open_visit(request) as visit:
        person, found = await opened(visit, request, key)
        known = found.content.group(group)
        begin = framing.theme_start(known.title) if known else {}
        form = framing.ThemeForm(request.POST or None, initial=begin)
        if request.method == "POST" and form.is_valid():
            content = arranging.themed(found.content, group=group, title=form.told())
            if await keeping.kept(
                visit.connection, by=person, key=key, version=_sent(request), content=content,
                step="theme", form=form,
            ):  # fmt: skip
                return redirect_back(key)
    about = {"form": form, "board": found, "title": formats.words(found.content.title), "known": known}
    return render(request, "insights/boards/work/theme.html", about, status=keeping.status(form))


@words.told
async def versions(request: HttpRequest, key: str) -> HttpResponse:
    """What was done to a board."""
    async with visits.open_visit(request) as visit:
        _, found = await opened(visit, request, key)
        listed = await queries.versions(visit.connection, key=key)
    rows = [{"version": v, "step": words.step(v.step), "here": v.number == found.published} for v in listed]
    about = {"board": found, "title": formats.words(found.content.title), "rows": rows}
    return render(request, "insights/boards/work/versions.html", about)


@words.told
async def version(request: HttpRequest, key: str, number: int) -> HttpResponse:
    """What a board was, and bringing that back."""
    async with visits.open_visit(request) as visit:
        person, found = await opened(visit, request, key)
        if number > 2**31 - 1:
            raise problems.NotFound()
        content = await queries.version(visit.connection, key=key, number=number)
        if content.audience not in entities.audiences(person):
            raise problems.NotFound()
        if request.method == "POST":
            by, base = person.principal_id, _sent(request)
            try:
                await operations.restore(visit.connection, by=by, key=key, version=base, number=number)
            except operations.BoardHasChanged:
                return redirect_back(key, said="ueberholt")
            return redirect_back(key)
        groups = await tiles.arranged(visit, key="", content=content)
    about = {
        "board": found, "title": formats.words(content.title), "number": number, "groups": groups,
        "here": gettext("Version %(n)s") % {"n": number},
    }  # fmt: skip
    return render(request, "insights/boards/work/version.html", about)


async def opened(
    visit: Visit, request: HttpRequest, key: str, *, removed: bool = False
) -> tuple[Person, Draft]:
    """The person and the board that they work on, with `removed` also one that was taken away.

    Raises NotFound for boards that they may not see, BoardIsAway.
    """
    person = await permissions.require_in_city(request, visit.connection, role="editor")
    found = await queries.draft(visit.connection, key=key)
    if found.content.audience not in entities.audiences(person):
        raise problems.NotFound()
    if found.removed_at is not None and not removed:
        raise operations.BoardIsAway()
    return person, found


def redirect_back(key: str, *, said: str = "getan") -> HttpResponse:
    """To the board, which says what was done, or why nothing was."""
    answer = redirect("board-work", key=key)
    answer["Location"] += f"?{said}=1"
    return answer


def _sent(request: HttpRequest) -> int:
    return stepping.number(request.POST.get("version"))


async def _may_publish(visit: Visit, person: Person, found: Draft) -> bool:
    """What everybody sees or saw, those release and take away who may; inside, who arranges it."""
    audiences = {found.content.audience}
    if found.published is not None:
        shown = await queries.version(visit.connection, key=found.key, number=found.published)
        audiences.add(shown.audience)
    return person.serves(role="publisher" if "public" in audiences else "editor")
