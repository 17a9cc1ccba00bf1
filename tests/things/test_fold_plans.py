# SPDX-License-Identifier: EUPL-1.2
"""How the fold finds its marks, when that was planned while there were none."""

from __future__ import annotations

import pytest

from stadtkern.core.database import Connection
from stadtkern.things.store import fold
from tests.things.histories import NOON, datastreams, reading, store

pytestmark = pytest.mark.anyio

# PostgreSQL plans a statement for given values five times, then once and for all.
_TIMES = 12
_PREPARED = """
SELECT name, generic_plans > 0 FROM pg_prepared_statements
WHERE statement LIKE '%DELETE FROM things.rollup_dirty%'
"""


async def test_taking_marks_costs_the_same_for_each(connection: Connection) -> None:
    """A plan of an empty table compared each mark with each place: half a minute for 20,000 of them."""
    await connection.execute("VACUUM things.rollup_dirty")
    for _ in range(_TIMES):
        await fold.fold_once(connection)
    ((name, once),) = await (await connection.execute(_PREPARED)).fetchall()
    assert once
    cursor = await connection.execute(f"EXPLAIN EXECUTE {name} (20000, 60000)".encode())
    plan = "\n".join(line[0] for line in await cursor.fetchall())
    assert "(ctid <=" in plan
    assert "ANY" not in plan


async def test_marks_are_taken_from_the_oldest_on(
    connection: Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As many as are asked for, as many hours as are asked for, but at least one."""
    streams = await datastreams(connection, count=5)
    for stream in streams:
        await store(connection, reading(stream, NOON, 1.0))
    left = "SELECT datastream_id FROM things.rollup_dirty ORDER BY ctid"
    monkeypatch.setattr(fold, "_MARKS", 2)
    assert await fold.fold_once(connection) == 2
    assert await (await connection.execute(left)).fetchall() == [(stream,) for stream in streams[2:]]
    monkeypatch.setattr(fold, "_MARKS", 20)
    monkeypatch.setattr(fold, "_HOURS", 0)
    assert await fold.fold_once(connection) == 1
    monkeypatch.setattr(fold, "_HOURS", 1)
    assert await fold.fold_once(connection) == 1
    assert await (await connection.execute(left)).fetchall() == [(streams[4],)]
