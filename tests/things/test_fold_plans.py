# SPDX-License-Identifier: EUPL-1.2
"""How the fold finds rows, when its statements were planned while there were next to none."""

from __future__ import annotations

import pytest

from stadtkern.core import statements
from stadtkern.core.database import Connection
from stadtkern.things.store import amend, fold
from tests.things.histories import NOON, datastreams, reading, store

pytestmark = pytest.mark.anyio

# PostgreSQL plans a statement for given values five times, then once and for all.
_TIMES = 10
_PREPARED = """
SELECT name, cardinality(parameter_types) FROM pg_prepared_statements
WHERE statement LIKE '%WHERE ctid = ANY%'
"""


async def plans(connection: Connection) -> list[str]:
    """How the fold would carry out this session's statements that go by places."""
    found = []
    async with connection.transaction():
        await connection.execute(statements.load("things")["lock_fold"])
        for name, count in await (await connection.execute(_PREPARED)).fetchall():
            nothing = ", ".join(["NULL"] * count)
            cursor = await connection.execute(f"EXPLAIN EXECUTE {name} ({nothing})".encode())
            found.append("\n".join(line[0] for line in await cursor.fetchall()))
    return found


@pytest.mark.parametrize("kind", ["measurement", "state"])
async def test_places_are_gone_to_directly(connection: Connection, kind: str) -> None:
    """Else each row is compared with each place: half a minute for 20,000 marks, where it takes 50 ms."""
    (stream,) = await datastreams(connection, kind=kind)
    await store(connection, reading(stream, NOON, 1.0))
    await connection.execute("VACUUM things.rollup_dirty, things.rollup_hour")
    for _ in range(_TIMES):
        await fold.fold_all(connection)
        async with connection.transaction():
            await amend.recompute(connection, datastream_ids=[stream])
    known = await plans(connection)
    for table in ("rollup_dirty", "rollup_hour"):
        (plan,) = (text for text in known if text.startswith(f"Delete on {table}"))
        assert f"Tid Scan on {table}" in plan
