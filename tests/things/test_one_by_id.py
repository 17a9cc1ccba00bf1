# SPDX-License-Identifier: EUPL-1.2
"""One observation is found by its id in its month, however often somebody asks."""

from __future__ import annotations

import pytest

from stadtkern.core.access import Scope
from stadtkern.core.database import Connection
from stadtkern.things import entities
from stadtkern.things.language import options, paths
from stadtkern.things.queries import locate, reader
from tests.things.histories import NOON, datastreams, reading, store

pytestmark = pytest.mark.anyio
OFTEN = 12  # PostgreSQL thinks about a plan for all values from the sixth time on


async def test_it_is_planned_for_its_month_each_time(connection: Connection) -> None:
    """A plan for all values takes any two bounds of time for narrow, and reads a whole month of the key."""
    (stream,) = await datastreams(connection)
    await store(connection, reading(stream, NOON, 1.0))
    row = await (await connection.execute("SELECT id FROM things.observation LIMIT 1")).fetchone()
    assert row is not None
    scope = Scope((), True)
    read = reader.Reader(connection, scope, "")
    steps = paths.parse(f"/Observations({row[0]})").steps
    for _ in range(OFTEN):
        found = await read.entity(
            entity=entities.OBSERVATION, options=options.parse(""), parent=None, number=row[0]
        )
        assert found["@iot.id"] == row[0]
        assert await locate.identify(connection, scope, steps=steps) == row[0]
    cursor = await connection.execute(
        "SELECT statement FROM pg_prepared_statements"
        " WHERE statement LIKE '%%from things.observation %%.phenomenon_time <%%'"
    )
    assert await cursor.fetchall() == []
