# SPDX-License-Identifier: EUPL-1.2
"""The abstract tests of OGC API – Features, parts 1 to 3, asked of every collection there is."""

from __future__ import annotations

import re
from typing import Any
from urllib.parse import urlsplit

import httpx
import pytest

from stadtkern.core import database as core_database
from stadtkern.features.entities import Column
from tests.features.factories import collection

pytestmark = pytest.mark.anyio

CRS84 = "http://www.opengis.net/def/crs/OGC/1.3/CRS84"
QUERYABLES = "http://www.opengis.net/def/rel/ogc/1.0/queryables"
_MOMENT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z")
AREA = {"type": "Polygon", "coordinates": [[[7.6, 51.9], [7.7, 51.9], [7.7, 52.0], [7.6, 51.9]]]}


@pytest.fixture(scope="module")
async def _stock(database: str) -> None:
    """Points, areas, and a table without any geometry."""
    async with await core_database.connect(url=database, autocommit=True) as opened:
        await collection(opened, key="punkte")
        name = [Column(name="Name", type="text")]
        await collection(opened, key="flaechen", columns=name, geometry="Polygon", rows=[["a", AREA]])
        await collection(opened, key="tabelle", columns=name, geometry=None, rows=[["a"], ["b"], [None]])


@pytest.fixture
async def collections(client: httpx.AsyncClient, _stock: None) -> list[dict[str, Any]]:
    """What the service says there is."""
    found = (await fetch(client, "/ogc/collections"))["collections"]
    assert {each["id"] for each in found} >= {"punkte", "flaechen", "tabelle", "things", "locations"}
    return list(found)


async def fetch(client: httpx.AsyncClient, address: str, kind: str = "application/json", **query: str) -> Any:
    """A document by its address, with the media type that is asked for."""
    answer = await client.get(local(address), params=query or None, headers={"Accept": kind})
    assert (answer.status_code, answer.headers["content-type"].partition(";")[0]) == (200, kind), answer.text
    return answer.json()


def local(address: str) -> str:
    """An address without its host."""
    parts = urlsplit(address)
    return parts.path + (f"?{parts.query}" if parts.query else "")


def related(document: Any, rel: str) -> list[dict[str, Any]]:
    """The links with a relation."""
    return [link for link in document["links"] if link["rel"] == rel]


async def features(client: httpx.AsyncClient, about: Any, **query: str) -> Any:
    """A page of features, by the link of its collection."""
    (items,) = [link for link in related(about, "items") if link["type"] == "application/geo+json"]
    return await fetch(client, items["href"], "application/geo+json", **query)


async def test_every_collection_describes_itself(
    client: httpx.AsyncClient, collections: list[dict[str, Any]]
) -> None:
    """Part 1, core/fc-md-links, fc-md-items, fc-md-items-links, fc-md-extent, sfc-md-op, sfc-md-success."""
    document = await fetch(client, "/ogc/collections")
    assert related(document, "self")
    assert related(document, "alternate")
    for about in collections:
        (own,) = related(about, "self")
        assert await fetch(client, own["href"]) == about
        assert {link["type"] for link in related(about, "items")} == {"application/geo+json", "text/html"}
        for link in about["links"]:
            assert link["rel"]
            assert link["type"]
        if "extent" in about:
            west, south, east, north = about["extent"]["spatial"]["bbox"][0]
            assert -180 <= west <= east <= 180
            assert -90 <= south <= north <= 90


async def test_every_page_of_features_is_whole(
    client: httpx.AsyncClient, collections: list[dict[str, Any]]
) -> None:
    """Part 1, core/fc-response, -links, -timeStamp, -numberMatched, -numberReturned; geojson/content."""
    for about in collections:
        page = await features(client, about)
        assert page["type"] == "FeatureCollection"
        assert related(page, "self")
        assert related(page, "alternate")
        assert _MOMENT.fullmatch(page["timeStamp"])
        assert page["numberReturned"] == len(page["features"]) <= 10
        assert page["numberMatched"] >= page["numberReturned"]
        for each in page["features"]:
            assert {"type", "id", "geometry", "properties"} <= set(each)
            await _is_alone_the_same(client, about, each)


async def _is_alone_the_same(client: httpx.AsyncClient, about: Any, each: Any) -> None:
    """Part 1, core/f-op, f-success, f-links."""
    alone = await fetch(client, f"/ogc/collections/{about['id']}/items/{each['id']}", "application/geo+json")
    assert {name: alone[name] for name in ("type", "id", "geometry", "properties")} == {
        name: each[name] for name in ("type", "id", "geometry", "properties")
    }
    (back,) = related(alone, "collection")
    assert (await fetch(client, back["href"]))["id"] == about["id"]
    assert related(alone, "self")
    assert related(alone, "alternate")


async def test_limit_box_and_time_mean_the_same_everywhere(
    client: httpx.AsyncClient, collections: list[dict[str, Any]]
) -> None:
    """Part 1, core/fc-limit-response, fc-bbox-response, fc-time-response."""
    for about in collections:
        whole = await features(client, about, limit="10000")
        few = await features(client, about, limit="1")
        assert few["features"] == whole["features"][:1]
        assert bool(related(few, "next")) == (len(whole["features"]) > 1)
        if "extent" in about:
            box = ",".join(map(str, about["extent"]["spatial"]["bbox"][0]))
            assert (await features(client, about, limit="10000", bbox=box))["features"] == whole["features"]
        lost = await features(client, about, bbox="-170,-80,-169,-79")
        assert all(each["geometry"] is None for each in lost["features"])
        unended = await features(client, about, limit="10000", datetime="0001-01-01T00:00:00Z/..")
        assert unended["numberReturned"] <= whole["numberReturned"]


async def test_wrong_parameters_are_refused_everywhere(
    client: httpx.AsyncClient, collections: list[dict[str, Any]]
) -> None:
    """Part 1, core/query-param-unknown and query-param-invalid."""
    for about in collections:
        for query in (
            "no_such_parameter=1",
            "limit=0",
            "bbox=1,2,3",
            "datetime=soon",
            "crs=x",
            "filter=THIS IS",
        ):
            answer = await client.get(f"/ogc/collections/{about['id']}/items?{query}")
            assert answer.status_code == 400, (about["id"], query)


async def test_the_description_defines_the_parameters_as_the_standard_does(
    client: httpx.AsyncClient, collections: list[dict[str, Any]]
) -> None:
    """Part 1, core/fc-bbox-definition, -limit-, -time-definition; oas30/completeness, security."""
    landing = await fetch(client, "/ogc")
    (link,) = [each for each in related(landing, "service-desc") if each["type"].endswith("version=3.0")]
    document = (await client.get(local(link["href"]))).json()
    assert document["openapi"].startswith("3.0")
    for about in collections:
        operation = document["paths"][f"/collections/{about['id']}/items"]["get"]
        defined = {each["name"]: each for each in operation["parameters"]}
        for name in ("bbox", "datetime", "limit"):
            assert (defined[name]["in"], defined[name].get("required", False)) == ("query", False)
            assert (defined[name]["style"], defined[name]["explode"]) == ("form", False)
        limit = defined["limit"]["schema"]
        assert (limit["type"], limit["minimum"]) == ("integer", 1)
        assert limit["minimum"] <= limit["default"] <= limit["maximum"]
        sizes = [(each["minItems"], each["maxItems"]) for each in defined["bbox"]["schema"]["oneOf"]]
        assert sizes == [(4, 4), (6, 6)]
        for scheme in operation["security"]:
            assert set(scheme) <= set(document["components"]["securitySchemes"])
        assert {"200", "default"} <= set(operation["responses"])


async def test_every_listed_system_is_understood_and_named(
    client: httpx.AsyncClient, collections: list[dict[str, Any]]
) -> None:
    """Part 2, crs/crs-uri, default-crs, storageCrs, crs-parameter, crs-parameter-default, ogc-crs-header."""
    spatial = [about for about in collections if "crs" in about]
    assert len(spatial) >= 4
    for about in spatial:
        assert about["storageCrs"] in about["crs"]
        assert CRS84 in about["crs"]
        for crs in (*about["crs"], None):
            answer = await client.get(
                f"/ogc/collections/{about['id']}/items", params={"crs": crs} if crs else {}
            )
            assert answer.status_code == 200
            assert answer.headers["content-crs"] == f"<{crs or CRS84}>"


async def test_every_queryable_can_be_asked_for(
    client: httpx.AsyncClient, collections: list[dict[str, Any]]
) -> None:
    """Part 3, queryables/get-queryables; filter/filter-param, -lang-default; features-filter/response."""
    for about in collections:
        (link,) = related(about, QUERYABLES)
        schema = await fetch(client, link["href"], "application/schema+json")
        assert (schema["type"], schema["$id"]) == ("object", link["href"])
        assert schema["$schema"].startswith("https://json-schema.org/draft/20")
        assert schema["properties"]
        for name in schema["properties"]:
            for language in ({}, {"filter-lang": "cql2-text"}):
                found = await features(client, about, filter=f'"{name}" IS NULL', **language)
                for each in found["features"]:
                    kept = each["geometry"] if name == "geometry" else each["properties"].get(name)
                    assert kept is None, (about["id"], name)


async def test_filters_keep_to_queryables_and_systems(
    client: httpx.AsyncClient, collections: list[dict[str, Any]]
) -> None:
    """Part 3, queryables/expression-construction, filter/filter-crs-wgs84 and filter-crs-param."""
    for about in collections:
        items = f"/ogc/collections/{about['id']}/items"
        unknown = await client.get(items, params={"filter": "this_is_not_a_queryable IS NULL"})
        assert unknown.status_code == 400
        if "extent" not in about:
            continue
        box = ",".join(map(str, about["extent"]["spatial"]["bbox"][0]))
        whole = await features(client, about, filter="geometry IS NOT NULL", limit="10000")
        for more in ({}, {"filter-crs": CRS84}):
            inside = await features(
                client, about, filter=f"S_INTERSECTS(geometry,BBOX({box}))", limit="10000", **more
            )
            assert inside["features"] == whole["features"]
        nowhere = "S_INTERSECTS(geometry,BBOX(1000000,1000000,2000000,2000000))"
        assert (await client.get(items, params={"filter": nowhere})).status_code == 400
