# SPDX-License-Identifier: EUPL-1.2
"""Making rooms, letting people in and out, and accepting terms."""

from __future__ import annotations

from datetime import datetime

from psycopg.types.json import Jsonb

from stadtkern.core import audit, problems, statements
from stadtkern.core.database import Connection
from stadtkern.governance.rooms.queries import Room, looks_after
from stadtkern.identity.permissions import Person


class RoomExists(problems.Problem):
    """There is a room with this key already.

    Choose another key.
    """

    status = 409


class NobodyByThatName(problems.Problem):
    """There is nobody here by that name.

    Name the e-mail address of somebody who works in an organisation here, an organisation, or the number of a
    token that is valid. Others are invited to an organisation first.
    """

    status = 422


class SeveralByThatName(problems.Problem):
    """Several organisations have this name.

    Have all but one of them renamed; then name it again.
    """

    status = 422


class TermsHaveChanged(problems.Problem):
    """The terms are not those that were shown.

    Read them again, then accept them.
    """

    status = 409


class NotYourRoom(problems.Problem):
    """You do not look after this room.

    Stewards of the organisation that the room belongs to and the city's administrators do.
    """

    status = 403


async def create(
    connection: Connection, *, by: Person, key: str, title: str, purpose: str, organisation_id: int
) -> None:
    """Make a restricted room that belongs to an organisation. Raises RoomExists, NotYourRoom."""
    if not looks_after(by, organisation_id=organisation_id):
        raise NotYourRoom()
    values = {
        "key": key,
        "title": Jsonb({"de": title}),
        "about": Jsonb({"de": purpose}),
        "organisation_id": organisation_id,
    }
    async with connection.transaction():
        await audit.act_as(connection, principal_id=by.principal_id)
        cursor = await connection.execute(statements.load("governance")["create_room"], values)
        if await cursor.fetchone() is None:
            raise RoomExists(key, where="key")


async def change(
    connection: Connection, *, by: Person, room: Room, title: str, purpose: str, terms: str
) -> None:
    """Say anew what a room is for, and its terms, to be accepted anew if they change. Raises NotYourRoom."""
    _check(by, room)
    values = {
        "room_id": room.id,
        "title": Jsonb({**room.title, "de": title}),
        "about": Jsonb({**room.about, "de": purpose}),
        "terms": Jsonb({"de": terms} if terms else {}),
    }
    async with connection.transaction():
        await audit.act_as(connection, principal_id=by.principal_id)
        await connection.execute(statements.load("governance")["change_room"], values)


async def find_principal(connection: Connection, *, by: Person, kind: str, name: str) -> int:
    """Who is meant by an address, a name or a number. Raises NobodyByThatName, SeveralByThatName.

    An account without a role anywhere answers as none, so that nobody finds out who has one.
    """
    sql = statements.load("governance")
    values: dict[str, object]
    if kind == "person":
        query, values = sql["find_person_by_email"], {"email": name, "by": by.principal_id}
    elif kind == "organisation":
        query, values = sql["find_organisation_by_name"], {"name": name}
    else:
        number = name.removeprefix("#")
        if not number.isdecimal() or len(number) > 18:
            raise NobodyByThatName(repr(name[:100]), where="name")
        query, values = sql["find_token_principal"], {"token_id": number}
    rows = await (await connection.execute(query, values)).fetchall()
    if not rows:
        raise NobodyByThatName(repr(name[:100]), where="name")
    if len(rows) > 1:
        raise SeveralByThatName(repr(name[:100]), where="name")
    return int(rows[0][0])


async def admit(
    connection: Connection, *, by: Person, room: Room, kind: str, name: str, until: datetime | None
) -> None:
    """Let somebody in, `until` excluded, or for good. Raises NobodyByThatName, NotYourRoom.

    For a token, which cannot read, the terms are accepted by who lets it in.
    """
    _check(by, room)
    principal_id = await find_principal(connection, by=by, kind=kind, name=name)
    values = {"room_id": room.id, "principal_id": principal_id, "expires_at": until}
    async with connection.transaction():
        await audit.act_as(connection, principal_id=by.principal_id)
        await connection.execute(statements.load("governance")["admit"], values)
        if kind == "token" and room.terms_version:
            terms = {"room_id": room.id, "principal_id": principal_id, "version": room.terms_version}
            await connection.execute(statements.load("governance")["accept_terms"], terms)


async def dismiss(connection: Connection, *, by: Person, room: Room, grant_id: int) -> None:
    """Take a membership away at once. Raises NotFound for one by agreement, NotYourRoom."""
    _check(by, room)
    values = {"room_id": room.id, "grant_id": grant_id}
    async with connection.transaction():
        await audit.act_as(connection, principal_id=by.principal_id)
        cursor = await connection.execute(statements.load("governance")["dismiss"], values)
        if await cursor.fetchone() is None:
            raise problems.NotFound()


async def accept(connection: Connection, *, by: Person, room: Room, version: int) -> None:
    """Accept the terms that were read. Raises TermsHaveChanged."""
    values = {"room_id": room.id, "principal_id": by.principal_id, "version": version}
    if version != room.terms_version or version == 0:
        raise TermsHaveChanged()
    async with connection.transaction():
        await audit.act_as(connection, principal_id=by.principal_id)
        await connection.execute(statements.load("governance")["accept_terms"], values)


def _check(by: Person, room: Room) -> None:
    if room.kind != "restricted" and not by.administrator:
        raise NotYourRoom()
    if not looks_after(by, organisation_id=room.organisation_id):
        raise NotYourRoom()
