# SPDX-License-Identifier: EUPL-1.2
"""Changes of organisations and roles; the city always keeps somebody who can look after it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from psycopg.types.json import Jsonb

from stadtkern.core import problems, statements
from stadtkern.core.database import Connection
from stadtkern.identity.account import operations as accounts


async def create(connection: Connection, *, kind: str, name: str, about: Mapping[str, Any]) -> int:
    """Make an organisation; returns its id. There is one city already, and there is no other."""
    values = {"kind": kind, "name": name, "about": Jsonb(about)}
    async with connection.transaction():
        row = await (
            await connection.execute(statements.load("identity")["create_organisation"], values)
        ).fetchone()
    if row is None:
        raise LookupError("INSERT … RETURNING gave no row")
    return int(row[0])


async def change(
    connection: Connection, *, organisation_id: int, name: str, about: Mapping[str, Any]
) -> None:
    """Change name and contact of an organisation."""
    values = {"organisation_id": organisation_id, "name": name, "about": Jsonb(about)}
    async with connection.transaction():
        await connection.execute(statements.load("identity")["change_organisation"], values)


async def set_role(connection: Connection, *, organisation_id: int, person_id: int, role: str) -> None:
    """Give a member another role. Raises NotFound, LastAdministrator."""
    async with connection.transaction():
        await _guard(connection, organisation_id=organisation_id, person_id=person_id, keeps=role)
        await connection.execute(
            statements.load("identity")["set_role"],
            {"organisation_id": organisation_id, "person_id": person_id, "role": role},
        )
        if role != "administrator":
            await _forget_links(connection, organisation_id=organisation_id, person_id=person_id)


async def remove(connection: Connection, *, organisation_id: int, person_id: int) -> None:
    """Take a member out of an organisation. Raises NotFound, LastAdministrator."""
    async with connection.transaction():
        await _guard(connection, organisation_id=organisation_id, person_id=person_id, keeps=None)
        await connection.execute(
            statements.load("identity")["remove_member"],
            {"organisation_id": organisation_id, "person_id": person_id},
        )
        await _forget_links(connection, organisation_id=organisation_id, person_id=person_id)


async def withdraw_invitation(connection: Connection, *, organisation_id: int, uuid: str) -> None:
    """Take a link back that nobody has used."""
    async with connection.transaction():
        await connection.execute(
            statements.load("identity")["withdraw_invitation"],
            {"organisation_id": organisation_id, "uuid": uuid},
        )


async def _forget_links(connection: Connection, *, organisation_id: int, person_id: int) -> None:
    await connection.execute(
        statements.load("identity")["forget_links_by"],
        {"organisation_id": organisation_id, "person_id": person_id},
    )


async def _guard(connection: Connection, *, organisation_id: int, person_id: int, keeps: str | None) -> None:
    sql = statements.load("identity")
    await connection.execute(sql["hold_people"])
    cursor = await connection.execute(
        sql["member"], {"organisation_id": organisation_id, "person_id": person_id}
    )
    row = await cursor.fetchone()
    if row is None:
        raise problems.NotFound()
    if row[2] != "city" or row[0] != "administrator" or keeps == "administrator":
        return
    only = await (await connection.execute(sql["only_administrator"], {"principal_id": person_id})).fetchone()
    if only is not None and only[0]:
        raise accounts.LastAdministrator()
