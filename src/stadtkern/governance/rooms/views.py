# SPDX-License-Identifier: EUPL-1.2
"""Pages of data rooms: which there are, who is in them, on which terms."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_POST

from stadtkern.governance import desk as desks
from stadtkern.governance.desk import Desk
from stadtkern.governance.log import queries as log
from stadtkern.governance.rooms import forms, operations, queries
from stadtkern.governance.rooms.queries import Organisation, Room
from stadtkern.governance.words import KINDS, MEMBERS, says, told


async def listing(request: HttpRequest) -> HttpResponse:
    """The rooms that somebody knows of."""
    async with desks.open_desk(request) as desk:
        found = await queries.rooms(desk.connection, person=desk.person)
        may_read_log = await log.may_read(desk.connection, person=desk.person)
    looked_after = [r for r in found if _looks_after(desk, r)]
    context = {
        "rooms": found,
        "kinds": KINDS,
        "to_accept": [r for r in found if r.to_accept],
        "looked_after": {r.id for r in looked_after},
        "may_read_log": may_read_log,
        "may_make": bool(desk.person.administrator or queries.stewarding(desk.person)),
    }
    return render(request, "governance/rooms/list.html", context)


async def room(request: HttpRequest, key: str) -> HttpResponse:
    """One room; who looks after it also sees who is in it."""
    async with desks.open_desk(request) as desk:
        found = await queries.room(desk.connection, person=desk.person, key=key)
        mine = _looks_after(desk, found)
        words, after = (request.GET.get(name, "").replace("\0", "")[:200] for name in ("q", "nach"))
        scope = desk.visit.scope
        seen = queries.titles_seen(desk.person, scope) if mine else scope.on("d.id")
        contents = await queries.some(
            desk.connection, room_id=found.id, seen=seen, words=words.strip(), after=after
        )
        shown = contents[: queries.PAGE]
        further = {"q": words, "nach": shown[-1].key} if len(contents) > len(shown) else {}
        context: dict[str, Any] = {
            "room": found,
            "kinds": KINDS,
            "kinds_of_members": MEMBERS,
            "mine": mine,
            "members": await queries.members(desk.connection, room_id=found.id) if mine else [],
            "visible": {each.id for each in shown if scope.allows(each.id)},
            "only_titles": mine and any(not scope.allows(each.id) for each in shown),
            "contents": shown,
            "words": words,
            "further": urlencode({name: text for name, text in further.items() if text}),
            "searched": bool(words or after or further),
        }
    return render(request, "governance/rooms/room.html", context)


@told
async def new(request: HttpRequest) -> HttpResponse:
    """Make a room."""
    async with desks.open_desk(request) as desk:
        offered = await _organisations(desk)
        if not offered:
            raise operations.NotYourRoom()
        form = forms.NewRoomForm(request.POST or None, organisations=offered)
        if request.method == "POST" and form.is_valid():
            said = form.cleaned_data
            try:
                await operations.create(
                    desk.connection,
                    by=desk.person,
                    key=said["key"],
                    title=said["title"],
                    purpose=said["purpose"],
                    organisation_id=said["organisation"],
                )
                return redirect("room", key=said["key"])
            except operations.RoomExists as problem:
                form.add_error("key", says(problem))
    return render(request, "governance/rooms/new.html", {"form": form})


@told
async def edit(request: HttpRequest, key: str) -> HttpResponse:
    """Change what a room is for and its terms."""
    async with desks.open_desk(request) as desk:
        found = await _mine(desk, key)
        start = {
            "title": found.title.get("de", ""),
            "purpose": found.about.get("de", ""),
            "terms": found.terms.get("de", ""),
        }
        form = forms.RoomForm(request.POST or None, initial=start)
        if request.method == "POST" and form.is_valid():
            said = {name: value.replace("\r\n", "\n") for name, value in form.cleaned_data.items()}
            await operations.change(desk.connection, by=desk.person, room=found, **said)
            return redirect("room", key=key)
    return render(request, "governance/rooms/edit.html", {"form": form, "room": found})


@told
async def admit(request: HttpRequest, key: str) -> HttpResponse:
    """Let somebody in."""
    async with desks.open_desk(request) as desk:
        found = await _mine(desk, key)
        form = forms.AdmitForm(request.POST or None)
        if request.method == "POST" and form.is_valid():
            said = form.cleaned_data
            until = desk.end_of(said["until"]) if said["until"] else None
            try:
                await operations.admit(
                    desk.connection,
                    by=desk.person,
                    room=found,
                    kind=said["kind"],
                    name=said["name"],
                    until=until,
                )
                return redirect("room", key=key)
            except (operations.NobodyByThatName, operations.SeveralByThatName) as problem:
                form.add_error("name", says(problem))
    return render(request, "governance/rooms/admit.html", {"form": form, "room": found})


@told
async def dismiss(request: HttpRequest, key: str, id: int) -> HttpResponse:
    """Take a membership away, after asking."""
    async with desks.open_desk(request) as desk:
        found = await _mine(desk, key)
        everybody = await queries.members(desk.connection, room_id=found.id)
        member = next((m for m in everybody if m.grant_id == id and m.agreement_id is None), None)
        if member is None:
            return redirect("room", key=key)
        if request.method == "POST":
            await operations.dismiss(desk.connection, by=desk.person, room=found, grant_id=id)
            return redirect("room", key=key)
    return render(request, "governance/rooms/dismiss.html", {"room": found, "member": member})


@told
@require_POST
async def accept(request: HttpRequest, key: str) -> HttpResponse:
    """Accept the terms that were shown."""
    async with desks.open_desk(request) as desk:
        found = await queries.room(desk.connection, person=desk.person, key=key)
        version = request.POST.get("version", "")
        number = int(version) if version.isdecimal() and len(version) < 9 else 0
        await operations.accept(desk.connection, by=desk.person, room=found, version=number)
    return redirect("room", key=key)


def _looks_after(desk: Desk, room: Room) -> bool:
    return queries.looks_after(desk.person, organisation_id=room.organisation_id)


async def _mine(desk: Desk, key: str) -> Room:
    """A room that the person looks after. Raises NotFound, NotYourRoom."""
    found = await queries.room(desk.connection, person=desk.person, key=key)
    if not _looks_after(desk, found):
        raise operations.NotYourRoom()
    return found


async def _organisations(desk: Desk) -> list[Organisation]:
    found = await queries.organisations(desk.connection)
    allowed = [each for each in found if queries.looks_after(desk.person, organisation_id=each.id)]
    return desk.person.own_first(allowed, number=lambda each: each.id)
