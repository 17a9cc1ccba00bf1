# SPDX-License-Identifier: EUPL-1.2
"""Organisations and their members, for those who administer them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, NamedTuple
from uuid import UUID

from stadtkern.core import problems, statements
from stadtkern.core.database import Connection
from stadtkern.identity.permissions import Person


class Organisation(NamedTuple):
    """One organisation; `about` as in the table."""

    id: int
    name: str
    kind: str
    about: Mapping[str, Any]
    members: int


class Member(NamedTuple):
    """Somebody in an organisation."""

    id: int
    name: str
    email: str | None
    role: str
    since: datetime
    signed_in_at: datetime | None


class Invitation(NamedTuple):
    """A link that nobody has used yet."""

    uuid: UUID
    email: str
    role: str
    expires_at: datetime
    invited_by: str | None


async def administered(connection: Connection, *, person: Person) -> list[Organisation]:
    """The organisations that somebody administers; for the city's administrators all."""
    ids = [each for each, role in person.roles.items() if role == "administrator"]
    return await _organisations(connection, ids=None if person.administrator else ids)


async def one(connection: Connection, *, organisation_id: int) -> Organisation:
    """One organisation. Raises NotFound."""
    found = await _organisations(connection, ids=[organisation_id])
    if not found:
        raise problems.NotFound()
    return found[0]


async def members(connection: Connection, *, organisation_id: int) -> list[Member]:
    """Who belongs to it, the highest roles first."""
    cursor = await connection.execute(
        statements.load("identity")["members_of"], {"organisation_id": organisation_id}
    )
    return [Member(*row) for row in await cursor.fetchall()]


async def invitations(connection: Connection, *, organisation_id: int) -> list[Invitation]:
    """Links that nobody has used yet, the newest first."""
    cursor = await connection.execute(
        statements.load("identity")["open_invitations"], {"organisation_id": organisation_id}
    )
    return [Invitation(*row) for row in await cursor.fetchall()]


async def _organisations(connection: Connection, *, ids: Sequence[int] | None) -> list[Organisation]:
    values = {"ids": None if ids is None else list(ids)}
    cursor = await connection.execute(statements.load("identity")["organisations"], values)
    return [Organisation(*row) for row in await cursor.fetchall()]
