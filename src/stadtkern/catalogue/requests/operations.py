# SPDX-License-Identifier: EUPL-1.2
"""Writes of requests: ask, let others see it or not, answer, remove."""

from __future__ import annotations

from typing import Any

from stadtkern.catalogue.requests import queries, replies
from stadtkern.core import access, problems, statements
from stadtkern.core.database import Connection
from stadtkern.ui import guard


class TooManyRequests(problems.Problem):
    """Many requests wait to be read at the moment.

    Nothing was stored. Please come back in a few hours.
    """

    status = 429


class RequestHasMoved(problems.Problem):
    """Somebody else has dealt with this request meanwhile.

    Open the list again and see what was decided.
    """

    status = 409


async def ask(
    connection: Connection,
    *,
    title: str,
    body: str,
    purpose: str,
    language: str,
    ticket: str,
    email: str = "",
) -> str:
    """Take a request in; returns the secret of the address it is found at again. Raises TooManyRequests.

    With an address, its owner is asked by mail whether the answer shall go there.
    """
    if await queries.waiting(connection) >= guard.MOST_WAITING:
        raise TooManyRequests()
    secret = guard.secret(ticket)
    about = {
        "title": title,
        "body": body,
        "purpose": purpose,
        "language": language,
        "secret_hash": access.hash_secret(secret),
        "ticket_hash": access.hash_secret(ticket),
    }
    async with connection.transaction():
        await connection.execute(_sql("request_create"), about)
        if email:
            await replies.want(connection, address=email, language=language, secret=secret)
    return secret


async def moderate(connection: Connection, *, by: int, id: int, shown: bool, refusal: str = "") -> None:
    """Show a request to everybody, or keep it back and say why to whoever asked."""
    about = {"id": id, "state": "shown" if shown else "refused", "refusal": refusal, "person_id": by}
    async with connection.transaction():
        if await (await connection.execute(_sql("request_moderate"), about)).fetchone() is None:
            raise problems.NotFound()
        if not shown:
            await replies.answer(connection, id=id, progress="refused", body=refusal, last=True)


async def answer(
    connection: Connection,
    *,
    by: int,
    id: int,
    progress: str,
    body: str,
    dataset_id: int | None,
    inventory_id: int | None,
) -> None:
    """Answer in public what everybody sees; the same twice in a row, as by a second click, is one answer.

    Raises RequestHasMoved for what is not shown.
    """
    about = {"id": id, "progress": progress, "dataset_id": dataset_id, "inventory_id": inventory_id}
    async with connection.transaction():
        if await (await connection.execute(_sql("request_progress"), about)).fetchone() is None:
            raise RequestHasMoved()
        said = {"id": id, "person_id": by, "progress": progress, "body": body}
        if await (await connection.execute(_sql("request_answer"), said)).fetchone() is None:
            return
        last = progress in ("available", "declined")
        await replies.answer(connection, id=id, progress=progress, body=body, last=last)


async def delete(connection: Connection, *, id: int) -> None:
    """Remove a request that is not shown. Raises RequestHasMoved."""
    async with connection.transaction():
        if await (await connection.execute(_sql("request_delete"), {"id": id})).fetchone() is None:
            raise RequestHasMoved()


def _sql(name: str) -> Any:
    return statements.load("catalogue")[name]
