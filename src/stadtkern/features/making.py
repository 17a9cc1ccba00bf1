# SPDX-License-Identifier: EUPL-1.2
"""Makes the table of a delivery, and the indexes on it once it is full."""

from __future__ import annotations

from collections.abc import Sequence

from psycopg import errors, sql

from stadtkern.core import problems
from stadtkern.core.database import Connection
from stadtkern.features import sources
from stadtkern.features.entities import Collection

_TYPES = {
    "text": "text", "integer": "bigint", "number": "double precision", "boolean": "boolean", "date": "date",
    "instant": "timestamptz", "json": "jsonb",
}  # fmt: skip


class DuplicateKey(problems.Problem):
    """Two rows of the delivery have the same key.

    Nothing of the delivery was stored. Keep one of them, or choose other columns as key.
    """

    status = 409


async def make(connection: Connection, known: Collection, *, name: str) -> None:
    """An empty table for the rows of a collection."""
    parts: list[sql.Composable] = [sql.SQL("id bigint NOT NULL")]
    for at, column in enumerate(known.columns, start=1):
        parts.append(sql.SQL("{} " + _TYPES[column.type]).format(sql.Identifier(f"c{at}")))
    if known.geometry:
        parts += [sql.SQL("geometry jsonb"), sql.SQL("bounds box")]
    await connection.execute(sql.SQL("CREATE TABLE {} ({})").format(_table(name), sql.SQL(", ").join(parts)))


async def index(connection: Connection, known: Collection, *, name: str) -> None:
    """The id, the bounds, the key, and one index for each of the first columns that have an order.

    Raises DuplicateKey.
    """
    table = _table(name)
    await connection.execute("SET LOCAL maintenance_work_mem = '128MB'")
    await connection.execute(sql.SQL("ALTER TABLE {} ADD PRIMARY KEY (id)").format(table))
    if known.geometry:
        # An index of points is built from sorted points, in less than half the time that one of boxes takes.
        what_lies = "(bounds[0])" if known.geometry == "Point" else "bounds"
        await connection.execute(sql.SQL(f"CREATE INDEX ON {{}} USING gist ({what_lies})").format(table))
        # An index of places is gone through whole for those without any.
        await connection.execute(
            sql.SQL("CREATE INDEX {} ON {} (id) WHERE bounds IS NULL").format(
                sql.Identifier(f"{name}_nowhere"), table
            )
        )
    keys = [f"c{at}" for at, column in enumerate(known.columns, start=1) if column.key]
    if keys:
        try:
            await connection.execute(
                sql.SQL("CREATE UNIQUE INDEX ON {} ({}) NULLS NOT DISTINCT").format(table, _list(keys))
            )
        except errors.UniqueViolation as error:
            raise DuplicateKey("each key may stand once in a delivery") from error
    for at in sources.indexed(known.columns):
        what: sql.Composable = sql.Identifier(f"c{at + 1}")
        text = known.columns[at].type == "text"
        expression = sql.SQL("left({}, {})").format(what, sql.Literal(sources.INDEXED)) if text else what
        await connection.execute(sql.SQL("CREATE INDEX ON {} (({}), id)").format(table, expression))
    await connection.execute(sql.SQL("ANALYZE {}").format(table))


def _list(names: Sequence[str]) -> sql.Composed:
    return sql.SQL(", ").join(sql.Identifier(name) for name in names)


def _table(name: str) -> sql.Identifier:
    return sql.Identifier("features", name)
