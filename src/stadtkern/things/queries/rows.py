# SPDX-License-Identifier: EUPL-1.2
"""Cursors whose values are ready to be written as JSON, without being understood in between."""

from __future__ import annotations

from typing import Any

import msgspec
import psycopg
from psycopg.abc import Buffer
from psycopg.adapt import Loader

from stadtkern.core.database import Connection
from stadtkern.core.fragments import Fragment

Row = tuple[Any, ...]


class _RawJson(Loader):
    def load(self, data: Buffer) -> msgspec.Raw:
        return msgspec.Raw(bytes(data))


class JsonText(Loader):
    """JSON as it stands in the database."""

    def load(self, data: Buffer) -> bytes:
        """The text, unread."""
        return bytes(data)


class _RawNumber(Loader):
    def load(self, data: Buffer) -> msgspec.Raw | None:
        text = bytes(data)
        return msgspec.Raw(text) if text[-1:].isdigit() else None


class _Instant(Loader):
    def load(self, data: Buffer) -> str | None:
        text = bytes(data).decode("ascii")
        if len(text) == 22 and text.endswith("+00"):
            return f"{text[:10]}T{text[11:19]}Z"
        if not text.endswith("+00"):
            return None
        fraction = text[20:-3]
        return f"{text[:10]}T{text[11:19]}.{fraction:0<{3 if len(fraction) <= 3 else 6}}Z"


async def fetch(connection: Connection, statement: Fragment, *, anew: bool = False) -> list[Row]:
    """Run a statement; jsonb and float8 come as raw JSON, instants as text in UTC.

    `anew`: planned for its values each time. A plan for all values takes any two bounds of time for narrow.
    """
    async with cursor(connection) as asked:
        await execute(asked, statement, anew=anew)
        return await asked.fetchall()


def cursor(connection: Connection) -> psycopg.AsyncCursor[Any]:
    """A cursor that reads values this way."""
    made = connection.cursor()
    made.adapters.register_loader("jsonb", _RawJson)
    made.adapters.register_loader("float8", _RawNumber)
    made.adapters.register_loader("timestamptz", _Instant)
    return made


async def execute(cursor: psycopg.AsyncCursor[Any], statement: Fragment, *, anew: bool = False) -> None:
    """Run a composed statement; its text stems from descriptors only, every value is bound.

    A cursor on the server's side takes no `anew`: it is planned for its values in any case.
    """
    plan: dict[str, Any] = {"prepare": False} if anew else {}
    await cursor.execute(statement.text.encode(), statement.params or None, **plan)
