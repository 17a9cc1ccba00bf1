# SPDX-License-Identifier: EUPL-1.2
"""Reads of subscriptions; titles only of what everybody may see, since anybody may read a mailbox's mails."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from stadtkern.catalogue.browse import wording
from stadtkern.catalogue.subscriptions.entities import Moved, Subscriber, Wish
from stadtkern.core import access, statements
from stadtkern.core.access import Scope
from stadtkern.core.database import Connection
from stadtkern.core.fragments import Fragment

MOST_MOVED = 5_000


async def everybody(connection: Connection) -> Scope:
    """What everybody may see, asked anew: jobs have no gate."""
    values = {"principal_id": access.ANONYMOUS.id, "token_id": None}
    row = await (await connection.execute(statements.load("core")["dataset_rights"], values)).fetchone()
    return Scope(tuple(row[1]), row[0]) if row is not None else Scope((), False)


async def dataset(connection: Connection, scope: Scope, *, key: str) -> Wish | None:
    """A dataset that can be subscribed to; its number stands in `id`."""
    found = await _titles(connection, scope, condition=Fragment("d.key = %s", (key,)))
    return next((Wish(number, "", key, title) for number, (key, title) in found.items()), None)


async def asked(connection: Connection, scope: Scope, *, uuid: UUID) -> tuple[Wish, UUID, bool] | None:
    """What is to be confirmed, by whom, and whether it was; None where it is over."""
    sql = statements.load("catalogue")["subscription"]
    row = await (await connection.execute(sql, {"uuid": uuid})).fetchone()
    if row is None:
        return None
    (wish,) = await _wishes(connection, scope, [(0, row[2], row[3], row[4])])
    return wish, row[1], row[5] is not None


async def of(connection: Connection, scope: Scope, *, uuid: UUID) -> list[Wish]:
    """What a subscriber hears of."""
    sql = statements.load("catalogue")["subscriptions_of"]
    rows = await (await connection.execute(sql, {"uuid": uuid})).fetchall()
    return await _wishes(connection, scope, rows)


async def due(connection: Connection, *, since: datetime, most: int) -> list[Subscriber]:
    """Who was not told since then; held for the transaction."""
    sql = statements.load("catalogue")["subscribers_due"]
    rows = await (await connection.execute(sql, {"since": since, "most": most})).fetchall()
    return [Subscriber(*row) for row in rows]


async def moved(connection: Connection, scope: Scope, *, since: datetime, until: datetime) -> list[Moved]:
    """What is new or changed, newest first."""
    text, params = (
        Fragment(statements.load("catalogue")["moved_datasets"] + " ", (since, until))
        + scope.on("c.dataset_id")
        + Fragment(" AND ")
        + scope.on("d.id")
        + Fragment(" ORDER BY moved DESC LIMIT %s", (MOST_MOVED,))
    )
    return [Moved(*row) for row in await (await connection.execute(text, params)).fetchall()]


async def stored(connection: Connection, principal_id: int) -> Any:
    """What is kept for the address of somebody with an account, for their export."""
    values = {"principal_id": principal_id}
    found = {}
    for part, name, fields in (
        ("datasets", "subscriptions_to", ("dataset", "theme", "asked_at", "confirmed_at")),
        ("requests", "replies_to", ("request", "asked_at", "confirmed_at")),
    ):
        rows = await connection.execute(statements.load("catalogue")[name], values)
        found[part] = [dict(zip(fields, row, strict=True)) for row in await rows.fetchall()]
    return found


async def _wishes(connection: Connection, scope: Scope, rows: list[Any]) -> list[Wish]:
    ids = [row[1] for row in rows if row[1] is not None]
    titles = await _titles(connection, scope, condition=Fragment("d.id = ANY (%s)", (ids,))) if ids else {}
    return [Wish(row[0], row[3], *titles.get(row[1], ("", ""))) for row in rows]


async def _titles(connection: Connection, scope: Scope, *, condition: Fragment) -> dict[int, tuple[str, str]]:
    text, params = (
        Fragment(statements.load("catalogue")["titles"] + " ")
        + condition
        + Fragment(" AND ")
        + scope.on("c.dataset_id")
        + Fragment(" AND ")
        + scope.on("d.id")
    )
    rows = await (await connection.execute(text, params)).fetchall()
    return {row[0]: (row[1], wording.said(row[2]) or row[1]) for row in rows}
