# SPDX-License-Identifier: EUPL-1.2
"""Makes organisations, people with roles and sessions for tests, each in one line."""

from __future__ import annotations

import itertools
import secrets
from datetime import timedelta
from typing import NamedTuple

from django.test import AsyncClient
from psycopg.types.json import Jsonb

from stadtkern.core import access
from stadtkern.core.database import Connection

_numbers = itertools.count(1)


class Somebody(NamedTuple):
    """A person with an open session; `cookie` is the value of `sessionid`."""

    id: int
    name: str
    email: str
    organisation_id: int | None
    cookie: str

    @property
    def headers(self) -> dict[str, str]:
        """What a plain HTTP client sends to be recognised."""
        return {"cookie": f"sessionid={self.cookie}"}

    @property
    def principal(self) -> access.Principal:
        """As the gate knows them."""
        return access.Principal(kind="person", id=self.id, name=self.name)


async def city(connection: Connection) -> int:
    """The id of the city's own organisation, of which there is always exactly one."""
    return await _one(connection, "SELECT core.city_organisation()")


async def organisation(connection: Connection, *, kind: str = "department", name: str = "") -> int:
    """An organisation; returns its id. For kind `city` the one there is."""
    if kind == "city":
        return await city(connection)
    name = name or f"Amt {next(_numbers)}"
    made = await _principal(connection, "organisation", name)
    await connection.execute(
        "INSERT INTO core.organisation (principal_id, kind, about) VALUES (%s, %s, %s)",
        [made, kind, Jsonb({"name": {"de": name}})],
    )
    return made


async def person(
    connection: Connection,
    *,
    role: str | None = None,
    organisation_id: int | None = None,
    kind: str = "department",
    name: str = "",
) -> Somebody:
    """Somebody with a session; with a role in the given organisation or in a new one of `kind`."""
    number = next(_numbers)
    name = name or f"Person {number}"
    email = f"person-{number}@stadt.example"
    made = await _principal(connection, "person", name)
    await connection.execute(
        "INSERT INTO identity.person (principal_id, email) VALUES (%s, %s)", [made, email]
    )
    if role is not None:
        organisation_id = organisation_id or await organisation(connection, kind=kind)
        await join(connection, person_id=made, organisation_id=organisation_id, role=role)
    return Somebody(made, name, email, organisation_id, await session(connection, person_id=made))


async def join(connection: Connection, *, person_id: int, organisation_id: int, role: str) -> None:
    """Give somebody a role, or another one."""
    await connection.execute(
        "INSERT INTO core.membership (person_id, organisation_id, role) VALUES (%s, %s, %s)"
        " ON CONFLICT (person_id, organisation_id) DO UPDATE SET role = excluded.role",
        [person_id, organisation_id, role],
    )


async def session(connection: Connection, *, person_id: int, lasts: timedelta = timedelta(hours=1)) -> str:
    """Open a session; returns what the cookie holds."""
    secret = secrets.token_urlsafe(24)
    await connection.execute(
        "INSERT INTO core.session (secret_hash, principal_id, expires_at) VALUES (%s, %s, now() + %s)",
        [access.hash_secret(secret), person_id, lasts],
    )
    return secret


async def in_a_browser(connection: Connection, *, person_id: int) -> None:
    """Let the pages, too, know the sessions of somebody who comes with a real browser."""
    await connection.execute(
        "INSERT INTO identity.session (secret_hash, data, expires_at, principal_id)"
        " SELECT secret_hash, '', expires_at, principal_id FROM core.session WHERE principal_id = %s",
        [person_id],
    )


async def signed_in(
    connection: Connection, client: AsyncClient, *, role: str | None = None, kind: str = "department"
) -> Somebody:
    """Sign a client of the pages in as somebody new with this role in a new organisation of `kind`."""
    somebody = await person(connection, role=role, kind=kind)
    client.cookies["sessionid"] = somebody.cookie
    return somebody


async def grant(
    connection: Connection, *, room: str, principal_id: int, lasts: timedelta | None = None
) -> None:
    """Let a person, an organisation or a token's principal read a room, given by its key."""
    await connection.execute(
        "INSERT INTO core.room_grant (room_id, principal_id, verbs, expires_at)"
        " SELECT id, %s, '{read}', now() + %s::interval FROM core.room WHERE key = %s",
        [principal_id, lasts, room],
    )


async def _principal(connection: Connection, kind: str, name: str) -> int:
    return await _one(
        connection, "INSERT INTO core.principal (kind, name) VALUES (%s, %s) RETURNING id", kind, name
    )


async def _one(connection: Connection, statement: str, *values: object) -> int:
    row = await (await connection.execute(statement.encode(), list(values))).fetchone()
    assert row is not None
    return int(row[0])
