# SPDX-License-Identifier: EUPL-1.2
"""Things and Locations are collections too, under the same protection as in the SensorThings API."""

from __future__ import annotations

from typing import Any

import httpx
import pytest

from tests.core import factories as core_factories
from tests.things import factories as things
from tests.things.factories import STA

pytestmark = pytest.mark.anyio


async def make(client: httpx.AsyncClient, token: str, *, name: str, x: float) -> None:
    """A Thing at a place."""
    body = {"name": name, "description": "-", "Locations": [things.location(name=name, x=x)]}
    answer = await client.post(f"{STA}/Things", json=body, headers={"Authorization": f"Bearer {token}"})
    assert answer.status_code == 201, answer.text


async def names(client: httpx.AsyncClient, path: str, **query: str) -> list[str]:
    """The names of what is found."""
    answer = await client.get(f"/ogc/collections/{path}/items", params=query)
    assert answer.status_code == 200, answer.text
    document = answer.json()
    assert document["numberMatched"] == len(document["features"])
    return [item["properties"]["name"] for item in document["features"]]


async def test_things_stand_where_their_location_is(
    client: httpx.AsyncClient, connection: Any, token: str
) -> None:
    """With boxes, filters and properties; what lies in another room is not there, by no way of asking."""
    hidden = await core_factories.make_dataset(connection, room="internal")
    other = (await core_factories.make_token(connection, dataset_id=hidden)).secret
    await make(client, token, name="Brücke", x=7.6)
    await make(client, token, name="Hafen", x=7.7)
    await make(client, other, name="Keller", x=7.61)
    for path in ("things", "locations"):
        assert await names(client, path) == ["Brücke", "Hafen"]
        assert await names(client, path, bbox="7.59,51,7.65,52") == ["Brücke"]
        assert await names(client, path, name="Hafen") == ["Hafen"]
        assert await names(client, path, name="Keller") == []
        assert (
            await names(client, path, filter="name LIKE 'K%' OR S_INTERSECTS(geometry, POINT(7.61 51.9629))")
            == []
        )
        assert await names(client, path, filter="S_WITHIN(geometry, BBOX(7.65, 51, 7.75, 52))") == ["Hafen"]
        answer = await client.get(f"/ogc/collections/{path}/items")
        first = answer.json()["features"][0]
        assert first["geometry"] == {"type": "Point", "coordinates": [7.6, 51.9629]}
        table = await client.get(f"/ogc/collections/{path}/download.csv")
        assert ("Hafen" in table.text, "Keller" in table.text) == (True, False)
        row = await connection.execute(
            f"select max(id) from things.{path.rstrip('s')} where name = 'Keller'".encode()
        )
        (number,) = await row.fetchone()
        assert (await client.get(f"/ogc/collections/{path}/items/{number}")).status_code == 404
        mine = await client.get(
            f"/ogc/collections/{path}/items/{number}", headers={"Authorization": f"Bearer {other}"}
        )
        assert mine.json()["properties"]["name"] == "Keller"


async def test_a_hidden_location_does_not_place_a_visible_thing(
    client: httpx.AsyncClient, connection: Any, token: str
) -> None:
    """The Thing is there, without a geometry."""
    hidden = await core_factories.make_dataset(connection, room="internal")
    await make(client, token, name="Ohne Ort", x=8.5)
    await connection.execute("update things.location set dataset_id = %s where name = 'Ohne Ort'", [hidden])
    answer = await client.get("/ogc/collections/things/items", params={"name": "Ohne Ort"})
    (found,) = answer.json()["features"]
    assert found["geometry"] is None
    assert await names(client, "things", filter="S_INTERSECTS(geometry, BBOX(8.4,51,8.6,52))") == []


@pytest.mark.parametrize("name", ["csv", "ndjson", "geojson", "parquet", "xlsx"])
async def test_downloads_of_things_are_made_anew(client: httpx.AsyncClient, token: str, name: str) -> None:
    """Nobody counts their changes, so nothing is kept of them."""
    answer = await client.get(f"/ogc/collections/things/download.{name}")
    assert answer.status_code == 200
    assert "etag" not in answer.headers or name in ("parquet", "xlsx")
