# SPDX-License-Identifier: EUPL-1.2
"""Runs statements of the search, whose marked places take conditions."""

from __future__ import annotations

from typing import Any

from stadtkern.core import statements
from stadtkern.core.database import Connection
from stadtkern.core.fragments import Fragment


async def filled(
    connection: Connection,
    name: str,
    *conditions: Fragment,
    first: tuple[Any, ...] = (),
    last: tuple[Any, ...] = (),
) -> list[tuple[Any, ...]]:
    """Run a statement whose marked places take these conditions; the values before and behind them."""
    head, *tails = statements.load("catalogue")[name].split("/* conditions */")
    made = Fragment(head, first)
    for condition, tail in zip(conditions, tails, strict=True):
        made = made + condition + Fragment(tail)
    return await run(connection, made + Fragment("", last))


async def run(connection: Connection, statement: Fragment) -> list[tuple[Any, ...]]:
    """Planned anew for its values: the words decide the way, and only constants are looked up by hash."""
    return await (await connection.execute(statement.text, statement.params, prepare=False)).fetchall()
