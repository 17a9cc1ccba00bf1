# SPDX-License-Identifier: EUPL-1.2
"""Change sets that change what lies in the archive: all of it is begun anew once it is back."""

from __future__ import annotations

import httpx
import pytest

from stadtkern.core import access, tokens
from stadtkern.core.database import Connection
from stadtkern.core.settings import Settings
from tests.things.archives import archived, contents, empty_cache, filled, working
from tests.things.batches import batch
from tests.things.factories import City, thing

pytestmark = pytest.mark.anyio


async def test_a_change_set_waits_for_the_archive(
    connection: Connection, settings: Settings, client: httpx.AsyncClient, database: str
) -> None:
    number, (stream,) = await filled(connection, "batched", count=1)
    made = await tokens.create(connection, name="b", scopes={number: access.VERBS}, default_dataset_id=number)
    city = City(client, made.secret)
    old = (await contents(connection, [stream]))[0][2]
    await archived(connection, settings)
    await empty_cache(connection, settings)
    group = {"atomicityGroup": "g"}
    async with working(database, settings):
        found = await batch(
            city,
            {"id": "t", **group, "method": "post", "url": "Things", "body": thing(name="once")},
            {"id": "p", **group, "method": "patch", "url": f"Observations({old})", "body": {"result": 4711}},
            {"id": "u", **group, "method": "patch", "url": "$t", "body": {"description": "changed"}},
            {"id": "r", "method": "get", "url": f"Observations({old})"},
        )
    assert [found[name]["status"] for name in "tpur"] == [201, 200, 200, 200], found
    assert found["r"]["body"]["result"] == 4711
    (kept,) = await city.values("Things?$filter=name eq 'once'")
    assert (kept["@iot.selfLink"], kept["description"]) == (found["t"]["location"], "changed")
