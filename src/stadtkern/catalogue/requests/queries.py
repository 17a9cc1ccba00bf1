# SPDX-License-Identifier: EUPL-1.2
"""Reads of requests: what everybody sees, what waits, what one asked oneself."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from stadtkern.catalogue.requests.entities import Answer, Request
from stadtkern.core import access, fragments, statements
from stadtkern.core.access import Scope
from stadtkern.core.database import Connection
from stadtkern.core.fragments import Fragment

SIZE = 25
_SHOWN = Fragment("q.state = 'shown'")


async def shown(
    connection: Connection, scope: Scope, *, text: str = "", progress: str = "", offset: int = 0
) -> list[Request]:
    """Requests that everybody sees, newest first; one more than fits on a page, where there are more."""
    conditions = [_SHOWN]
    for word in text.split()[:8]:
        pattern = "%" + word.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_") + "%"
        conditions.append(Fragment("concat_ws(' ', q.title, q.body) ILIKE %s", (pattern,)))
    if progress:
        conditions.append(Fragment("q.progress = %s", (progress,)))
    end = Fragment(" ORDER BY q.id DESC LIMIT %s OFFSET %s", (SIZE + 1, offset))
    return await _read(connection, scope, conditions, end)


async def one_shown(connection: Connection, scope: Scope, *, id: int) -> Request | None:
    """One request that everybody sees."""
    found = await _read(connection, scope, [_SHOWN, Fragment("q.id = %s", (id,))])
    return found[0] if found else None


async def own(connection: Connection, scope: Scope, *, secret: str) -> Request | None:
    """The request behind a secret address, whatever became of it."""
    condition = Fragment("q.secret_hash = %s", (access.hash_secret(secret),))
    found = await _read(connection, scope, [condition])
    return found[0] if found else None


async def everything(connection: Connection, scope: Scope, *, state: str, offset: int = 0) -> list[Request]:
    """For moderators: all in a state, those that have waited longest first."""
    order = "q.id" if state == "new" else "q.id DESC"
    end = Fragment(f" ORDER BY {order} LIMIT %s OFFSET %s", (SIZE + 1, offset))
    return await _read(connection, scope, [Fragment("q.state = %s", (state,))], end)


async def one(connection: Connection, scope: Scope, *, id: int) -> Request | None:
    """For moderators: one request in any state."""
    found = await _read(connection, scope, [Fragment("q.id = %s", (id,))])
    return found[0] if found else None


async def of_entry(connection: Connection, scope: Scope, *, inventory_id: int) -> list[Request]:
    """Requests that everybody sees and that an inventory entry answers."""
    condition = Fragment("q.inventory_id = %s", (inventory_id,))
    return await _read(connection, scope, [_SHOWN, condition], Fragment(" ORDER BY q.id DESC LIMIT 20"))


async def answers(connection: Connection, *, id: int) -> list[Answer]:
    """The answers to a request, oldest first."""
    rows = await (
        await connection.execute(statements.load("catalogue")["request_answers"], {"id": id})
    ).fetchall()
    return [Answer(at=row[0], progress=row[1], body=row[2]) for row in rows]


async def waiting(connection: Connection) -> int:
    """How many wait to be looked at."""
    row = await (await connection.execute(statements.load("catalogue")["request_waiting"])).fetchone()
    return row[0] if row else 0


async def dataset(connection: Connection, scope: Scope, *, key: str) -> int | None:
    """The dataset with this key, where one may see it."""
    text, params = Fragment(statements.load("catalogue")["request_dataset"] + " ", (key,)) + scope.on("d.id")
    row = await (await connection.execute(text, params)).fetchone()
    return row[0] if row else None


async def _read(
    connection: Connection, scope: Scope, conditions: Sequence[Fragment], end: Fragment | None = None
) -> list[Request]:
    text, params = (
        Fragment(statements.load("catalogue")["requests"] + " ")
        + fragments.every(conditions)
        + (end or Fragment(""))
    )
    return [_request(row, scope) for row in await (await connection.execute(text, params)).fetchall()]


def _request(row: Sequence[Any], scope: Scope) -> Request:
    hidden = row[9] is None or not scope.allows(row[9])
    return Request(
        id=row[0],
        title=row[1],
        body=row[2],
        purpose=row[3],
        state=row[4],
        progress=row[5],
        refusal=row[6],
        created_at=row[7],
        moderated_at=row[8],
        dataset_id=None if hidden else row[9],
        inventory_id=row[10],
        dataset=None if hidden else (row[11], row[12]),
        n_answers=row[13],
    )
