# SPDX-License-Identifier: EUPL-1.2
"""Makes links that let somebody in once; only a hash of each is kept."""

from __future__ import annotations

import secrets
from datetime import timedelta

from stadtkern.core import access, statements
from stadtkern.core.database import Connection

PATH = "/willkommen/"
_FIRST_LASTS = timedelta(hours=24)
_LASTS = timedelta(days=7)
_BACK_LASTS = timedelta(hours=24)


async def first_administrator(connection: Connection, *, base_url: str) -> str:
    """A link for whoever is to look after the city; those made earlier for this end. Valid for a day."""
    sql = statements.load("identity")
    async with connection.transaction():
        await connection.execute(sql["forget_first_links"])
        row = await (await connection.execute(sql["city_organisation"])).fetchone()
        return base_url + await _make(
            connection, organisation_id=row[0] if row else None, role="administrator", lasts=_FIRST_LASTS
        )


async def has_administrator(connection: Connection) -> bool:
    """Whether somebody can look after the installation already."""
    row = await (await connection.execute(statements.load("identity")["has_administrator"])).fetchone()
    return bool(row and row[0])


async def invite(
    connection: Connection, *, email: str, organisation_id: int, role: str, invited_by: int
) -> str:
    """The path of a link for somebody new, or for somebody who is to get a role more. Valid for a week."""
    email = email.strip().lower()
    async with connection.transaction():
        await _forget(connection, person_id=None, email=email, organisation_id=organisation_id)
        return await _make(
            connection,
            email=email,
            organisation_id=organisation_id,
            role=role,
            invited_by=invited_by,
            lasts=_LASTS,
        )


async def way_back(connection: Connection, *, person_id: int, email: str, invited_by: int) -> str:
    """The path of a link for somebody who lost password or second factor. Valid for a day."""
    async with connection.transaction():
        await _forget(connection, person_id=person_id, email="", organisation_id=None)
        return await _make(
            connection, email=email, person_id=person_id, invited_by=invited_by, lasts=_BACK_LASTS
        )


async def _forget(
    connection: Connection, *, person_id: int | None, email: str, organisation_id: int | None
) -> None:
    values = {"person_id": person_id, "email": email, "organisation_id": organisation_id}
    await connection.execute(statements.load("identity")["forget_links_for"], values)


async def _make(
    connection: Connection,
    *,
    lasts: timedelta,
    email: str = "",
    person_id: int | None = None,
    organisation_id: int | None = None,
    role: str | None = None,
    invited_by: int | None = None,
) -> str:
    secret = secrets.token_urlsafe(32)
    values = {
        "secret_hash": access.hash_secret(secret),
        "email": email,
        "name": "",
        "person_id": person_id,
        "organisation_id": organisation_id,
        "role": role,
        "invited_by": invited_by,
        "lasts": lasts,
    }
    await connection.execute(statements.load("identity")["create_invitation"], values)
    return PATH + secret
