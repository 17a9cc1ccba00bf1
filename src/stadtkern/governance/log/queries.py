# SPDX-License-Identifier: EUPL-1.2
"""Searching the log, and who may."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, NamedTuple

import msgspec

from stadtkern.core import problems, statements
from stadtkern.core.database import Connection
from stadtkern.identity.permissions import Person

ACTIONS = (
    "read",
    "change",
    "export",
    "role",
    "room",
    "grant",
    "terms",
    "agreement",
    "token",
    "dataset",
    "log",
)


class Entry(msgspec.Struct, frozen=True, kw_only=True):
    """One entry. `name` is empty for an account that was erased and for the command line.

    `places`: the rooms again, each with title and whether everybody may enter.
    """

    id: int
    at: datetime
    action: str
    surface: str
    principal_id: int | None
    name: str
    token_id: int | None
    address: str
    detail: Mapping[str, Any]
    datasets: Sequence[str]
    rooms: Sequence[str]
    places: Sequence[Mapping[str, Any]] = ()


class Question(msgspec.Struct, frozen=True, kw_only=True):
    """What is searched for; None means anything."""

    action: str | None = None
    who: str | None = None
    room: str | None = None
    words: str | None = None
    since: datetime | None = None
    until: datetime | None = None


class Policy(NamedTuple):
    """For how many days entries stay, and when the oldest was made."""

    days: int
    oldest: datetime | None


class Officer(NamedTuple):
    """Somebody who looks after data protection."""

    id: int
    name: str
    since: datetime


class NotForYou(problems.Problem):
    """The log is for those who look after data protection.

    The city's administrators say who that is.
    """

    status = 403


async def may_read(connection: Connection, *, person: Person) -> bool:
    """Whether somebody may read the log."""
    values = {"person_id": person.principal_id}
    cursor = await connection.execute(statements.load("governance")["is_officer"], values)
    return person.administrator or await cursor.fetchone() is not None


async def check(connection: Connection, *, person: Person) -> None:
    """Let those pass who may read the log. Raises NotForYou."""
    if not await may_read(connection, person=person):
        raise NotForYou()


async def search(
    connection: Connection, *, question: Question, before: int | None = None, limit: int = 50
) -> list[Entry]:
    """Entries, newest first, those older than the one with the number `before`."""
    values = {name: getattr(question, name) for name in question.__struct_fields__}
    rows = await connection.execute(
        statements.load("governance")["search_log"], values | {"before": before, "limit": limit}
    )
    return [_entry(row) for row in await rows.fetchall()]


async def policy(connection: Connection) -> Policy:
    """How long entries stay."""
    row = await (await connection.execute(statements.load("governance")["log_policy"])).fetchone()
    return Policy(row[0], row[1]) if row else Policy(365, None)


async def officers(connection: Connection) -> list[Officer]:
    """Who looks after data protection, by name."""
    rows = await connection.execute(statements.load("governance")["officers"])
    return [Officer(*row) for row in await rows.fetchall()]


def _entry(row: tuple[Any, ...]) -> Entry:
    return Entry(
        id=row[0],
        at=row[1],
        action=row[2],
        surface=row[3],
        principal_id=row[4],
        name=row[5],
        token_id=row[6],
        address=row[9],
        detail=row[10],
        datasets=row[11],
        rooms=row[12],
        places=row[13],
    )
