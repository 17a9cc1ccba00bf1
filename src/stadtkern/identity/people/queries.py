# SPDX-License-Identifier: EUPL-1.2
"""People with an account, and what is open for them at the moment."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple

from stadtkern.core import problems, statements
from stadtkern.core.database import Connection

PAGE = 50


class Account(NamedTuple):
    """Somebody with an account. `closed_at`: since when they cannot sign in."""

    id: int
    name: str
    email: str
    closed_at: datetime | None
    signed_in_at: datetime | None
    organisations: Sequence[str]


class AtWork(NamedTuple):
    """One of them, and how many sessions and keys would end with the account."""

    id: int
    name: str
    email: str
    closed_at: datetime | None
    signed_in_at: datetime | None
    sessions: int
    tokens: int


async def search(
    connection: Connection, *, words: str = "", closed: bool = False, after: tuple[str, int] | None = None
) -> list[Account]:
    """By name, a page of them and one more; those `after` a name and number, only `closed` ones if wanted."""
    values = {
        "words": words or None, "closed": closed, "after": after[0] if after else None,
        "after_id": after[1] if after else None, "limit": PAGE + 1,
    }  # fmt: skip
    cursor = await connection.execute(statements.load("identity")["accounts"], values)
    return [Account(*row) for row in await cursor.fetchall()]


async def one(connection: Connection, *, principal_id: int) -> AtWork:
    """One of them. Raises NotFound."""
    cursor = await connection.execute(
        statements.load("identity")["person_at_work"], {"principal_id": principal_id}
    )
    row = await cursor.fetchone()
    if row is None:
        raise problems.NotFound()
    return AtWork(*row)
