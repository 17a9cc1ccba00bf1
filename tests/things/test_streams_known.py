# SPDX-License-Identifier: EUPL-1.2
"""What the doors know of datastreams: asked for many at once, their default features made at once."""

from __future__ import annotations

import asyncio

import pytest
from psycopg_pool import AsyncConnectionPool

from stadtkern.core import database as core_database
from stadtkern.core.database import Connection
from stadtkern.things.operations import streams
from stadtkern.things.store.batch import NONE
from tests.things.histories import datastreams, until

pytestmark = pytest.mark.anyio

_PLACED = """
WITH place AS (
    INSERT INTO things.location (dataset_id, name, description, encoding_type, location)
    SELECT min(id), 'l', 'l', 'application/geo+json', '{"type": "Point", "coordinates": [7, 51]}'
    FROM core.dataset
    RETURNING id)
INSERT INTO things.thing_location (thing_id, location_id)
SELECT DISTINCT d.thing_id, place.id FROM things.datastream AS d, place WHERE d.id = ANY (%s)
"""
_FEATURES = "SELECT count(*) FROM things.feature_of_interest WHERE location_id IS NOT NULL"


async def _hears(known: streams.Streams) -> bool:
    return known._listener.hearing


async def test_many_datastreams_get_their_default_features_at_once(
    connection: Connection, database: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Eight who ask for the same ones cost two questions, and leave none to be asked by itself."""
    ids = await datastreams(connection, count=20)
    await connection.execute(_PLACED, [ids])
    before = await (await connection.execute(_FEATURES)).fetchone()
    asked: list[int] = []
    facts_of = streams.facts_of

    async def counting(connection: Connection, *, ids: list[int]) -> dict[int, streams.Facts]:
        asked.append(len(ids))
        return await facts_of(connection, ids=ids)

    monkeypatch.setattr(streams, "facts_of", counting)
    pool = AsyncConnectionPool(
        database, open=False, connection_class=core_database.Connection, kwargs={"autocommit": True}
    )
    async with pool, streams.Streams(pool=pool) as known:
        await until(lambda: _hears(known))
        await asyncio.gather(*(known.learn(ids) for _ in range(8)))
        found = known.together(tuple(ids))
        assert known.together(tuple(ids)) is found
        known.forget()
        assert known.together(tuple(ids)) is None
    assert asked == [20, 20]
    assert found is not None
    assert len(found.features) == 20
    assert NONE not in found.features
    after = await (await connection.execute(_FEATURES)).fetchone()
    assert before is not None
    assert after == (before[0] + 1,)
