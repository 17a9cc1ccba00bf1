# SPDX-License-Identifier: EUPL-1.2
"""Writes of messages: take in, settle, open again, forget."""

from __future__ import annotations

from typing import Any

from stadtkern.city.messages import queries
from stadtkern.city.messages.entities import Kind
from stadtkern.core import access, problems, statements
from stadtkern.core.database import Connection

_MOST_WAITING = 500


class TooManyMessages(problems.Problem):
    """Many messages wait to be read at the moment.

    Nothing was stored. Please come back in a few hours, or call the city.
    """

    status = 429


async def take(
    connection: Connection,
    *,
    kind: Kind,
    subject: str,
    ticket: str,
    body: str = "",
    place: str = "",
    contact: str = "",
    language: str = "de",
) -> None:
    """Keep a message; the same ticket keeps it once. Raises TooManyMessages."""
    if await queries.waiting(connection, kinds=[kind]) >= _MOST_WAITING:
        raise TooManyMessages()
    about = {
        "kind": kind,
        "subject": subject,
        "body": body,
        "place": place,
        "contact": contact,
        "language": language,
        "ticket_hash": access.hash_secret(ticket),
    }
    async with connection.transaction():
        await connection.execute(_sql("take_message"), about)


async def settle(connection: Connection, *, by: int, id: int) -> None:
    """Note that somebody has seen to it, and forget how to reach whoever wrote. Raises NotFound."""
    async with connection.transaction():
        about = {"id": id, "person_id": by}
        if await (await connection.execute(_sql("settle_message"), about)).fetchone() is None:
            raise problems.NotFound()


async def reopen(connection: Connection, *, id: int) -> None:
    """It waits again; how to reach whoever wrote stays forgotten. Raises NotFound."""
    async with connection.transaction():
        if await (await connection.execute(_sql("reopen_message"), {"id": id})).fetchone() is None:
            raise problems.NotFound()


async def remove(connection: Connection, *, id: int) -> None:
    """Forget it. Raises NotFound."""
    async with connection.transaction():
        if await (await connection.execute(_sql("remove_message"), {"id": id})).fetchone() is None:
            raise problems.NotFound()


def _sql(name: str) -> Any:
    return statements.load("city")[name]
