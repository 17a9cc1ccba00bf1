# SPDX-License-Identifier: EUPL-1.2
"""Runs composed statements; values come as Python has them or, for writing on, as JSON that nobody reads."""

from __future__ import annotations

from typing import Any

import msgspec
import psycopg
from psycopg.abc import Buffer
from psycopg.adapt import Loader

from stadtkern.core.database import Connection
from stadtkern.core.fragments import Fragment

# Rows fetched at a time where they may be large.
_BLOCK = 200


class _Raw(Loader):
    def load(self, data: Buffer) -> msgspec.Raw:
        return msgspec.Raw(bytes(data))


async def fetch(connection: Connection, statement: Fragment, *, raw: bool = False) -> list[tuple[Any, ...]]:
    """All rows of a statement; with `raw`, jsonb stays text as `msgspec.Raw`."""
    async with connection.cursor() as cursor:
        if raw:
            cursor.adapters.register_loader("jsonb", _Raw)
        # The text stems from descriptors and numbers only, every value is bound.
        await cursor.execute(statement.text.encode(), statement.params or None)
        return await cursor.fetchall()


async def first(
    connection: Connection, statement: Fragment, *, most: int, raw: bool
) -> tuple[list[tuple[Any, ...]], bool]:
    """The first rows of a statement until they weigh more than `most` bytes; whether there are more."""
    kept: list[tuple[Any, ...]] = []
    size = 0
    async with connection.transaction(), connection.cursor(name="page") as cursor:
        if raw:
            cursor.adapters.register_loader("jsonb", _Raw)
        await execute(cursor, statement)
        while block := await cursor.fetchmany(_BLOCK):
            kept += block
            size += sum(_weight(value) for row in block for value in row)
            if size > most:
                return kept, True
    return kept, False


def _weight(value: Any) -> int:
    if isinstance(value, msgspec.Raw):
        return len(bytes(value))
    return len(value) if isinstance(value, str) else 8


async def execute(cursor: psycopg.AsyncCursor[Any], statement: Fragment) -> None:
    """Run a statement on a given cursor."""
    await cursor.execute(statement.text.encode(), statement.params or None)
