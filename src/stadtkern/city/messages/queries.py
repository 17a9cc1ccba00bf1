# SPDX-License-Identifier: EUPL-1.2
"""Reads of messages, for those who see to them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from stadtkern.city.messages.entities import Kind, Message
from stadtkern.core import statements
from stadtkern.core.database import Connection

SIZE = 25


async def waiting(connection: Connection, *, kinds: Sequence[Kind]) -> int:
    """How many of these kinds nobody has seen to."""
    cursor = await connection.execute(_sql("count_waiting_messages"), {"kinds": list(kinds)})
    row = await cursor.fetchone()
    return int(row[0]) if row else 0


async def page(
    connection: Connection, *, kinds: Sequence[Kind], settled: bool, skip: int = 0
) -> list[Message]:
    """A page of them and one more where there are more: waiting ones oldest first, settled ones newest."""
    about = {"kinds": list(kinds), "settled": settled, "size": SIZE + 1, "skip": skip}
    return [
        _message(row) for row in await (await connection.execute(_sql("list_messages"), about)).fetchall()
    ]


async def one(connection: Connection, *, kinds: Sequence[Kind], id: int) -> Message | None:
    """One message of these kinds."""
    about = {"id": id, "kinds": list(kinds)}
    row = await (await connection.execute(_sql("find_message"), about)).fetchone()
    return None if row is None else _message(row)


def _message(row: Sequence[Any]) -> Message:
    return Message(**dict(zip(Message.__struct_fields__, row, strict=True)))


def _sql(name: str) -> Any:
    return statements.load("city")[name]
