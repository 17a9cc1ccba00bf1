# SPDX-License-Identifier: EUPL-1.2
"""OGC API – Features, Core (17-069r4, annex A): what its abstract tests ask for."""

from __future__ import annotations

from typing import Any

import httpx
import pytest

from stadtkern.core import database as core_database
from stadtkern.features.entities import Collection
from tests.features.factories import collection

pytestmark = pytest.mark.anyio


@pytest.fixture(scope="module")
async def trees(database: str) -> Collection:
    """A hundred trees."""
    async with await core_database.connect(url=database, autocommit=True) as opened:
        return await collection(opened, key="baeume")


async def fetch(client: httpx.AsyncClient, path: str, **parameters: str) -> Any:
    """A document of the service."""
    answer = await client.get(f"/ogc{path}", params=parameters)
    assert answer.status_code == 200, answer.text
    return answer.json()


def links(document: Any) -> dict[str, str]:
    """The links of a document, by their relation."""
    assert all("type" in link for link in document["links"])
    return {link["rel"]: link["href"] for link in document["links"]}


async def test_the_landing_page_leads_everywhere(client: httpx.AsyncClient, trees: Collection) -> None:
    """A.2.2: service-desc, conformance and data are there, and each address answers."""
    document = await fetch(client, "")
    found = links(document)
    assert set(found) >= {"self", "alternate", "service-desc", "conformance", "data"}
    for href in found.values():
        answer = await client.get("/" + href.split("/", 3)[3])
        assert answer.status_code == 200, href


async def test_the_declared_classes_are_those_of_the_standards(
    client: httpx.AsyncClient, trees: Collection
) -> None:
    """A.2.4: core is among them, and nothing stands twice."""
    classes = (await fetch(client, "/conformance"))["conformsTo"]
    assert "http://www.opengis.net/spec/ogcapi-features-1/1.0/conf/core" in classes
    assert len(set(classes)) == len(classes)


async def test_collections_say_what_they_are(client: httpx.AsyncClient, trees: Collection) -> None:
    """A.2.5 and A.2.6: each has an id, links to its items in every form, and where it lies."""
    document = await fetch(client, "/collections")
    assert {item["id"] for item in document["collections"]} == {"things", "locations", "baeume"}
    for item in document["collections"]:
        assert {link["type"] for link in item["links"] if link["rel"] == "items"} == {
            "application/geo+json",
            "text/html",
        }
        alone = await fetch(client, f"/collections/{item['id']}")
        assert alone == item
    (found,) = [item for item in document["collections"] if item["id"] == "baeume"]
    assert found["extent"]["spatial"]["bbox"] == [[7.6, 51.9, 7.699, 51.901]]
    assert (found["title"], found["itemCount"]) == ("Bäume", 100)


async def test_a_page_of_features_is_what_the_standard_says(
    client: httpx.AsyncClient, trees: Collection
) -> None:
    """A.2.7.1: type, links, timeStamp, numberMatched, numberReturned; ten features without a limit."""
    answer = await client.get("/ogc/collections/baeume/items")
    document = answer.json()
    assert answer.headers["content-type"] == "application/geo+json"
    assert answer.headers["content-crs"] == "<http://www.opengis.net/def/crs/OGC/1.3/CRS84>"
    assert (document["type"], document["numberMatched"], document["numberReturned"]) == (
        "FeatureCollection",
        100,
        10,
    )
    assert document["timeStamp"].endswith("Z")
    assert set(links(document)) >= {"self", "alternate", "next"}
    first = document["features"][0]
    assert (first["type"], first["id"]) == ("Feature", 1)
    assert first["geometry"] == {"type": "Point", "coordinates": [7.601, 51.9]}
    assert first["properties"] == {
        "Art": "Eiche",
        "Höhe": 1.5,
        "gepflanzt": "2001-02-01",
        "gepflegt": "2020-01-02T01:00:00Z",
        "Denkmal": False,
        "Nummer": 1,
        "mehr": {"n": 1},
    }


async def test_pages_lead_to_the_end(client: httpx.AsyncClient, trees: Collection) -> None:
    """Following `next` sees every feature once, with the parameters of the first request."""
    found: list[int] = []
    href: str | None = "/ogc/collections/baeume/items?limit=7&Art=Linde"
    while href:
        document = (await client.get(href)).json()
        found += [item["id"] for item in document["features"]]
        href = links(document).get("next")
        href = href and "/" + href.split("/", 3)[3]
    assert found == list(range(5, 101, 5))


@pytest.mark.parametrize(
    ("parameters", "number"),
    [
        ({"bbox": "7.6,51.9,7.6045,51.9005"}, 4),
        ({"bbox": "7.6,51.9,0,7.6045,51.9005,100"}, 4),
        ({"bbox": "170,-10,-170,10"}, 0),
        ({"datetime": "2020-01-02T01:00:00Z"}, 1),
        ({"datetime": "2020-01-02T00:00:00Z/2020-01-02T23:59:59Z"}, 4),
        ({"datetime": "../2020-01-02T23:59:59Z"}, 7),
        ({"datetime": "2020-01-28T00:00:00+01:00/"}, 3),
        ({"datetime": "2020-01-02"}, 4),
        ({"Denkmal": "true"}, 50),
        ({"gepflanzt": "2001-02-01"}, 2),
        ({"Höhe": "1.5"}, 4),
        ({"limit": "10000"}, 100),
        ({"limit": "99999999"}, 100),
    ],
)
async def test_selections_hold_what_they_should(
    client: httpx.AsyncClient, trees: Collection, parameters: dict[str, str], number: int
) -> None:
    """A.2.7.2 to A.2.7.5: bbox, datetime, limit and properties."""
    document = await fetch(client, "/collections/baeume/items", **parameters)
    assert document["numberMatched"] == number


@pytest.mark.parametrize(
    "query",
    [
        "unknown=1", "limit=0", "limit=x", "limit=-1", "bbox=1,2,3", "bbox=a,b,c,d", "bbox=7,52,8,51",
        "bbox=7,-95,8,95", "bbox=nan,51,8,52", "datetime=yesterday", "datetime=../..", "datetime=2020-13-01",
        "Denkmal=maybe", "Nummer=x", "mehr=1", "after=x", "limit=1&limit=2", "f=xml", "crs=EPSG:1",
        "bbox-crs=x", "filter=Art", "filter=Art%20=", "filter-lang=sql", "%FF=1", "Art=%00",
    ],
)  # fmt: skip
async def test_what_is_wrong_is_told(client: httpx.AsyncClient, trees: Collection, query: str) -> None:
    """A.2.1.4 and A.2.1.5: 400 with a problem document that says where."""
    answer = await client.get(f"/ogc/collections/baeume/items?{query}")
    assert answer.status_code == 400, answer.text
    assert answer.headers["content-type"] == "application/problem+json"
    document = answer.json()
    assert document["status"] == 400
    assert document["remedy"]


async def test_a_feature_has_an_address_of_its_own(client: httpx.AsyncClient, trees: Collection) -> None:
    """A.2.8: with links to itself and its collection."""
    document = await fetch(client, "/collections/baeume/items/7")
    assert (document["id"], document["properties"]["Nummer"]) == (7, 7)
    assert set(links(document)) == {"self", "alternate", "collection"}


@pytest.mark.parametrize(
    "path",
    [
        "/collections/none", "/collections/none/items", "/collections/baeume/items/101",
        "/collections/baeume/items/x", "/collections/baeume/items/99999999999999999999", "/nothing",
        "/collections/none/queryables", "/collections/none/download.csv", "/collections/baeume/download.doc",
        "/collections/baeume/items/1/2",
    ],
)  # fmt: skip
async def test_what_is_not_there_is_404(client: httpx.AsyncClient, trees: Collection, path: str) -> None:
    """With a problem document."""
    answer = await client.get("/ogc" + path)
    assert (answer.status_code, answer.headers["content-type"]) == (404, "application/problem+json")


async def test_other_methods_are_refused(client: httpx.AsyncClient, trees: Collection) -> None:
    """405 says what is possible; OPTIONS and HEAD answer."""
    refused = await client.post("/ogc/collections/baeume/items", json={})
    assert (refused.status_code, refused.headers["allow"]) == (405, "GET, HEAD, OPTIONS")
    asked = await client.options("/ogc/collections/baeume/items", headers={"Origin": "https://example.org"})
    assert (asked.status_code, asked.headers["access-control-allow-origin"]) == (204, "*")
    head = await client.head("/ogc/collections/baeume/items")
    assert (head.status_code, head.content) == (200, b"")


@pytest.mark.parametrize(
    "path",
    ["", "/conformance", "/collections", "/collections/baeume", "/collections/baeume/queryables",
     "/collections/baeume/items", "/collections/baeume/items/1"],
)  # fmt: skip
async def test_every_document_is_a_page_too(client: httpx.AsyncClient, trees: Collection, path: str) -> None:
    """A.4: for browsers, and by `f=html`; in the language that the asker likes."""
    browser = {"Accept": "text/html,application/xhtml+xml,*/*;q=0.8", "Accept-Language": "en"}
    english = await client.get("/ogc" + path, headers=browser)
    german = await client.get("/ogc" + path, params={"f": "html"})
    assert english.headers["content-type"] == german.headers["content-type"] == "text/html; charset=utf-8"
    assert '<html lang="en">' in english.text
    assert '<html lang="de">' in german.text
    assert "<script" not in english.text
    assert "default-src 'none'" in english.headers["content-security-policy"]


async def test_pages_take_no_markup_from_data(client: httpx.AsyncClient, connection: Any) -> None:
    """What stands in a cell or a title is shown as it is."""
    from stadtkern.features.entities import Column

    evil = "<script>alert(1)</script>"
    known = await collection(
        connection, rows=[[evil]], columns=[Column(name=evil, type="text", title={"de": evil})], geometry=None
    )
    for path in ("", "/items", "/items/1", "/queryables"):
        answer = await client.get(f"/ogc/collections/{known.key}{path}?f=html")
        assert answer.status_code == 200
        assert "<script" not in answer.text


async def test_the_description_is_openapi(client: httpx.AsyncClient, trees: Collection) -> None:
    """A.5: both versions, with a path for each collection and each of its properties as a parameter."""
    for version, kind in (("3.0", "3.0.3"), ("3.1", "3.1.0")):
        answer = await client.get("/ogc/api", params={"version": version})
        assert answer.headers["content-type"].startswith(
            "application/vnd.oai.openapi+json;version=" + version
        )
        document = answer.json()
        assert document["openapi"] == kind
        operation = document["paths"]["/collections/baeume/items"]["get"]
        names = {parameter["name"] for parameter in operation["parameters"]}
        assert names >= {"bbox", "datetime", "limit", "filter", "crs", "Art"}
        assert len({p["get"]["operationId"] for p in document["paths"].values()}) == len(document["paths"])


async def test_tables_without_geometry_are_collections_too(
    client: httpx.AsyncClient, connection: Any
) -> None:
    """Their features have a geometry of null, and lie in every box."""
    from stadtkern.features.entities import Column

    known = await collection(
        connection, rows=[["a"], ["b"]], columns=[Column(name="x", type="text")], geometry=None
    )
    document = await fetch(client, f"/collections/{known.key}/items", bbox="0,0,1,1")
    assert [item["geometry"] for item in document["features"]] == [None, None]
    about = await fetch(client, f"/collections/{known.key}")
    assert not {"crs", "extent"} & set(about)


async def test_other_rooms_stay_closed(client: httpx.AsyncClient, connection: Any) -> None:
    """A collection of an internal room is nowhere to be found; a token for it opens it."""
    from tests.core import factories

    dataset = await factories.make_dataset(connection, room="internal")
    known = await collection(connection, dataset_id=dataset)
    token = (await factories.make_token(connection, dataset_id=dataset)).secret
    paths = ("", "/items", "/items/1", "/queryables", "/download.csv", "/download.parquet")
    for path in paths:
        address = f"/ogc/collections/{known.key}{path}"
        assert (await client.get(address)).status_code == 404
        opened = await client.get(address, headers={"Authorization": f"Bearer {token}"})
        assert opened.status_code == 200, opened.text
        assert (await client.get(address)).status_code == 404
    for path in ("/collections", "/api"):
        assert known.key not in (await client.get("/ogc" + path)).text
