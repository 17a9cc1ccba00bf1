# SPDX-License-Identifier: EUPL-1.2
"""Which rooms somebody knows of, and who and what is in them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

import msgspec

from stadtkern.core import access, fragments, problems, statements
from stadtkern.core.database import Connection
from stadtkern.core.fragments import Fragment
from stadtkern.identity.permissions import Person

_INSIDE = ("city", "department", "municipal")
PAGE = 50


class Room(msgspec.Struct, frozen=True, kw_only=True):
    """A data room as somebody sees it. `accepted`: whether they accepted its present terms."""

    id: int
    key: str
    kind: str
    title: Mapping[str, str]
    about: Mapping[str, Any]
    terms: Mapping[str, str]
    terms_version: int
    organisation_id: int | None
    organisation: str
    datasets: int
    members: int
    accepted: bool

    @property
    def to_accept(self) -> bool:
        """Whether its terms stand between the reader and its data."""
        return self.terms_version > 0 and not self.accepted


class Member(msgspec.Struct, frozen=True, kw_only=True):
    """Who is let into a room, and by what."""

    grant_id: int
    principal_id: int
    kind: str
    name: str
    starts_at: datetime
    expires_at: datetime | None
    agreement_id: int | None
    agreement: str
    over: bool
    coming: bool
    accepted_at: datetime | None


class Content(msgspec.Struct, frozen=True, kw_only=True):
    """A dataset that lies in a room."""

    id: int
    key: str
    about: Mapping[str, Any]
    state: str


class Organisation(msgspec.Struct, frozen=True, kw_only=True):
    """An organisation to choose from."""

    id: int
    name: str
    kind: str


def stewarding(person: Person) -> list[int]:
    """The organisations for which somebody looks after rooms."""
    return [number for number in person.roles if person.may(role="steward", organisation_id=number)]


def titles_seen(person: Person, scope: access.Scope) -> Fragment:
    """The datasets whose titles somebody who looks after a room sees in it: what lies there for its members,
    drafts of organisations they work for, and what they may see anyway. Its content they see as others do.
    """
    if person.administrator:
        return fragments.TRUE
    own = [number for number in person.roles if person.may(role="editor", organisation_id=number)]
    known = "d.state = 'published' OR coalesce(d.organisation_id, core.city_organisation()) = ANY (%s)"
    return Fragment(f"({known} OR ", (own,)) + scope.on("d.id") + Fragment(")")


def looks_after(person: Person, *, organisation_id: int | None) -> bool:
    """Whether somebody may say who is let into a room of this organisation."""
    return person.administrator or (organisation_id is not None and organisation_id in stewarding(person))


async def rooms(connection: Connection, *, person: Person) -> list[Room]:
    """The rooms that somebody is let into or looks after, those for everybody first."""
    found = await organisations(connection)
    inside = any(o.id in person.roles and o.kind in _INSIDE for o in found)
    rows = await connection.execute(
        statements.load("governance")["rooms"],
        {
            "person_id": person.principal_id,
            "all": person.administrator,
            "stewarding": stewarding(person),
            "inside": inside,
            "principals": [person.principal_id, *person.roles],
        },
    )
    return [_room(row) for row in await rows.fetchall()]


async def room(connection: Connection, *, person: Person, key: str) -> Room:
    """One of the rooms that somebody knows of. Raises NotFound."""
    for found in await rooms(connection, person=person):
        if found.key == key:
            return found
    raise problems.NotFound()


async def members(connection: Connection, *, room_id: int) -> list[Member]:
    """Who is let in, those whose time is over last."""
    rows = await connection.execute(statements.load("governance")["members"], {"room_id": room_id})
    return [
        Member(
            grant_id=row[0],
            principal_id=row[1],
            kind=row[2],
            name=row[3],
            starts_at=row[4],
            expires_at=row[5],
            agreement_id=row[6],
            agreement=row[7] or "",
            over=row[8],
            coming=row[9],
            accepted_at=row[10],
        )
        for row in await rows.fetchall()
    ]


async def to_give(
    connection: Connection, *, person: Person, room_id: int, named: Sequence[int] = ()
) -> list[Content]:
    """The datasets in a room that somebody may give to others, and of theirs those that are `named` already.

    Nobody gives away what another organisation answers for, though it may lie in their room.
    """
    values = {
        "room_id": room_id,
        "all": person.administrator,
        "stewarding": stewarding(person),
        "named": list(named),
    }
    rows = await connection.execute(statements.load("governance")["datasets_to_give"], values)
    return [Content(id=row[0], key=row[1], about=row[2], state=row[3]) for row in await rows.fetchall()]


async def some(
    connection: Connection, *, room_id: int, seen: Fragment, words: str = "", after: str = ""
) -> list[Content]:
    """A page of a room's datasets that fulfil the condition `seen`, and one more, by key behind `after`."""
    head = Fragment(statements.load("governance")["some_of_room"] + " ", (room_id, after, words))
    text, params = head + seen + Fragment(" ORDER BY d.key LIMIT %s", (PAGE + 1,))
    rows = await connection.execute(text.encode(), params)
    return [Content(id=row[0], key=row[1], about=row[2], state=row[3]) for row in await rows.fetchall()]


async def organisations(connection: Connection) -> list[Organisation]:
    """All organisations, by name."""
    rows = await connection.execute(statements.load("governance")["organisations"])
    return [Organisation(id=row[0], name=row[1], kind=row[2]) for row in await rows.fetchall()]


def _room(row: tuple[Any, ...]) -> Room:
    return Room(
        id=row[0],
        key=row[1],
        kind=row[2],
        title=row[3],
        about=row[4],
        terms=row[5],
        terms_version=row[6],
        organisation_id=row[7],
        organisation=row[8] or "",
        datasets=row[9],
        members=row[10],
        accepted=row[11],
    )
