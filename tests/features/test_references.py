# SPDX-License-Identifier: EUPL-1.2
"""Reference systems (18-058r1, annex A): coordinates in the system, and its order of axes, that is wanted."""

from __future__ import annotations

import httpx
import pytest

from stadtkern.core import database as core_database
from stadtkern.features.entities import Collection
from tests.features.factories import collection

pytestmark = pytest.mark.anyio

EPSG = "http://www.opengis.net/def/crs/EPSG/0/"
CRS84 = "http://www.opengis.net/def/crs/OGC/1.3/CRS84"


@pytest.fixture(scope="module")
async def trees(database: str) -> Collection:
    """A hundred trees; the first stands at 7.601, 51.9."""
    async with await core_database.connect(url=database, autocommit=True) as opened:
        return await collection(opened, key="baeume")


@pytest.mark.parametrize(
    ("crs", "coordinates", "tolerance"),
    [
        (CRS84, (7.601, 51.9), 0),
        (EPSG + "4326", (51.9, 7.601), 1e-9),
        (EPSG + "4258", (51.9, 7.601), 1e-9),
        (EPSG + "3857", (846139.45, 6782064.329), 0.002),
        (EPSG + "25832", (403746.305, 5750840.848), 0.002),
        ("EPSG:25832", (403746.305, 5750840.848), 0.002),
    ],
)
async def test_features_come_in_the_system_that_is_asked_for(
    client: httpx.AsyncClient, trees: Collection, crs: str, coordinates: tuple[float, float], tolerance: float
) -> None:
    """The header Content-Crs names it, for pages and single features."""
    for path in ("items", "items/1"):
        answer = await client.get(f"/ogc/collections/baeume/{path}", params={"crs": crs})
        document = answer.json()
        first = document["features"][0] if path == "items" else document
        assert first["geometry"]["coordinates"] == pytest.approx(coordinates, abs=tolerance or 1e-12)
        assert (
            answer.headers["content-crs"].rpartition("/")[2].strip(">")
            == crs.rpartition("/")[2].rpartition(":")[2]
        )


@pytest.mark.parametrize(
    ("crs", "bbox"),
    [
        (CRS84, "7.5995,51.8995,7.6045,51.9005"),
        (EPSG + "4326", "51.8995,7.5995,51.9005,7.6045"),
        (EPSG + "3857", "845972,6781974,846529,6782154"),
        (EPSG + "25832", "403630,5750780,403990,5750900"),
    ],
)
async def test_boxes_and_filters_are_understood_in_each_system(
    client: httpx.AsyncClient, trees: Collection, crs: str, bbox: str
) -> None:
    """The same four trees, whichever way one asks."""
    items = "/ogc/collections/baeume/items"
    by_box = await client.get(items, params={"bbox": bbox, "bbox-crs": crs})
    by_filter = await client.get(
        items, params={"filter": f"S_INTERSECTS(geometry, BBOX({bbox}))", "filter-crs": crs}
    )
    for answer in (by_box, by_filter):
        assert [item["id"] for item in answer.json()["features"]] == [1, 2, 3, 4]


async def test_collections_list_their_systems(client: httpx.AsyncClient, trees: Collection) -> None:
    """A.1: CRS84 comes first, and the storage system is among them."""
    document = (await client.get("/ogc/collections/baeume")).json()
    assert document["crs"][0] == CRS84
    assert document["storageCrs"] in document["crs"]
    assert EPSG + "25832" in document["crs"]


@pytest.mark.parametrize("name", ["crs", "bbox-crs", "filter-crs"])
@pytest.mark.parametrize("value", ["EPSG:31467", "http://www.opengis.net/def/crs/EPSG/0/9999999", "x", ""])
async def test_other_systems_are_refused(
    client: httpx.AsyncClient, trees: Collection, name: str, value: str
) -> None:
    """With 400, also where the parameter stands alone."""
    answer = await client.get("/ogc/collections/baeume/items", params={name: value})
    assert (answer.status_code, answer.json()["where"]) == (400, name)


async def test_a_box_outside_of_its_system_is_refused(client: httpx.AsyncClient, trees: Collection) -> None:
    """Longitude first where latitude belongs first, or metres that lie nowhere."""
    for crs, bbox in ((EPSG + "4326", "170,51,171,52"), (EPSG + "25832", "9e9,9e9,9.1e9,9.1e9")):
        answer = await client.get("/ogc/collections/baeume/items", params={"bbox": bbox, "bbox-crs": crs})
        assert answer.status_code == 400, (crs, answer.text)
