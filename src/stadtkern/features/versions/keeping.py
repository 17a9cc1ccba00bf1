# SPDX-License-Identifier: EUPL-1.2
"""Keeps each delivery as a version, in the delivery's transaction, and forgets those that are old."""

from __future__ import annotations

from typing import Any, Literal

import structlog
from psycopg import sql

from stadtkern.core import statements
from stadtkern.core.database import Connection
from stadtkern.features.entities import Collection

log = structlog.get_logger(__name__)

Mode = Literal["replace", "append", "upsert", "restore"]


def before(table_name: str) -> str:
    """The table that holds rows of another one as they were before later deliveries changed them."""
    return "w" + table_name.removeprefix("t")


async def keep(
    connection: Connection,
    *,
    collection_id: int,
    mode: Mode,
    by: int | None = None,
    note: str = "",
    restored_from: int | None = None,
) -> None:
    """The version shown so far ends, and what the collection shows now is the next one."""
    about = {"mode": mode, "person_id": by, "note": note[:200], "restored_from": restored_from}
    await connection.execute(_sql("end_version"), {"id": collection_id})
    await connection.execute(_sql("keep_version"), {"id": collection_id, **about})


async def bound(connection: Connection, known: Collection, *, last_id: int, over: bool) -> None:
    """Say where the versions in the collection's table end, before rows come behind them or over them."""
    about = {"id": known.id, "table_name": known.table_name, "last_id": last_id, "over": over}
    await connection.execute(_sql("bound_versions"), about)
    if over:
        table, kept = _table(known.table_name), _table(before(known.table_name))
        await connection.execute(
            sql.SQL("CREATE TABLE IF NOT EXISTS {} (LIKE {}, replaced_in bigint NOT NULL)").format(
                kept, table
            )
        )
        name = sql.Identifier(f"{before(known.table_name)}_found")
        await connection.execute(
            sql.SQL("CREATE INDEX IF NOT EXISTS {} ON {} (id, replaced_in)").format(name, kept)
        )


async def same(connection: Connection, known: Collection, *, table_name: str) -> bool:
    """Whether a table holds, row by row, exactly what the collection shows."""
    names = [f"c{at}" for at in range(1, len(known.columns) + 1)] + (["geometry"] if known.geometry else [])
    statement = sql.SQL(
        "SELECT NOT EXISTS (SELECT FROM {} AS n FULL JOIN {} AS o USING (id)"
        " WHERE n.id IS NULL OR o.id IS NULL OR ({}) IS DISTINCT FROM ({}))"
    ).format(
        _table(table_name),
        _table(known.table_name),
        sql.SQL(", ").join(sql.Identifier("n", name) for name in names),
        sql.SQL(", ").join(sql.Identifier("o", name) for name in names),
    )
    row = await (await connection.execute(statement)).fetchone()
    return bool(row and row[0])


async def discard(connection: Connection, *, table_name: str) -> None:
    """Drop a table that nobody has seen yet."""
    await connection.execute(sql.SQL("DROP TABLE {}").format(_table(table_name)))


async def prune(connection: Connection, *, kept: int, days: int) -> int:
    """Forget versions beyond the newest `kept`, and those replaced more than `days` ago; returns how many."""
    limits = {"kept": kept, "days": days}
    rows = await (await connection.execute(_sql("too_many_versions"), limits)).fetchall()
    return sum([await forget(connection, collection_id=row[0], number=row[1]) for row in rows])


async def forget(connection: Connection, *, collection_id: int, number: int) -> int:
    """Forget the versions up to a number for good, but for the one that is shown; returns how many.

    Their tables stay for those who are in the midst of reading, until the next sweep.
    """
    async with connection.transaction():
        await connection.execute(_sql("lock_collection"), {"id": collection_id})
        about = {"id": collection_id, "number": number}
        gone = await (await connection.execute(_sql("forget_versions"), about)).fetchall()
        left = await (await connection.execute(_sql("tables_of_versions"), {"id": collection_id})).fetchall()
        held = {row[0] for row in left}
        for name in {row[0] for row in gone} - held:
            await retire(connection, table_name=name)
        changed = {row[0] for row in gone if row[1]}
        for name, first in left:
            if name in changed:
                statement = sql.SQL("DELETE FROM {} WHERE replaced_in <= %s").format(_table(before(name)))
                await connection.execute(statement, [first])
    return len(gone)


async def retire(connection: Connection, *, table_name: str) -> None:
    """Note that a table is shown in no version any more, and the one with its former rows neither."""
    for name in (table_name, before(table_name)):
        await connection.execute(_sql("retire_table"), {"table_name": name})


def _table(name: str) -> sql.Identifier:
    return sql.Identifier("features", name)


def _sql(name: str) -> Any:
    return statements.load("features")[name]
