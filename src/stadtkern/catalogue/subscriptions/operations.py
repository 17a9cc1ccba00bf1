# SPDX-License-Identifier: EUPL-1.2
"""Writes of subscriptions: ask, confirm, leave."""

from __future__ import annotations

from uuid import UUID

from django.conf import settings
from django.urls import reverse

from stadtkern.catalogue import letters
from stadtkern.core import problems, statements
from stadtkern.core.database import Connection

# Mails that one address can be made to get in a day by whoever types it.
MOST_ASKED = 5


async def ask(
    connection: Connection, *, address: str, language: str, dataset_id: int | None, theme: str, title: str
) -> None:
    """Send a mail to confirm with; nothing where it is confirmed already or was asked for too often.

    Whoever asks does not learn which: an address must not tell what it subscribes to.
    """
    values = {
        "address": address.strip().lower(),
        "language": language,
        "dataset_id": dataset_id,
        "theme": theme,
        "most": MOST_ASKED,
    }
    async with connection.transaction():
        row = await (await connection.execute(statements.load("catalogue")["subscribe"], values)).fetchone()
        if row is not None:
            path = reverse(
                "subscription-confirm", args=[letters.token(row[0], "confirm", key=settings.SECRET_KEY)]
            )
            await letters.send(
                connection,
                name="confirm_subscription",
                address=str(values["address"]),
                language=language,
                facts={"title": title, "theme": theme},
                sealed={"link": settings.PUBLIC_URL + path},
            )


async def confirm(connection: Connection, *, uuid: UUID) -> UUID:
    """Begin to tell; returns who it is. Raises NotFound where it was asked too long ago."""
    values = {"uuid": uuid}
    async with connection.transaction():
        row = await (
            await connection.execute(statements.load("catalogue")["confirm_subscription"], values)
        ).fetchone()
    if row is None:
        raise problems.NotFound()
    return UUID(str(row[0]))


async def leave(connection: Connection, *, uuid: UUID, id: int | None = None) -> None:
    """End one subscription, or all and forget the address; a second time changes nothing."""
    async with connection.transaction():
        if id is None:
            await connection.execute(statements.load("catalogue")["leave_all"], {"uuid": uuid})
        else:
            await connection.execute(statements.load("catalogue")["leave_one"], {"uuid": uuid, "id": id})
            await connection.execute(statements.load("catalogue")["forget_letters"])
