# SPDX-License-Identifier: EUPL-1.2
"""Reading: navigation, expansion, selection, order, pages, counts."""

from __future__ import annotations

from typing import Any
from urllib.parse import quote

import psycopg
import pytest

from stadtkern.things.queries import guard, problems
from tests.things.factories import STA, City, datastream, hourly, location, thing

pytestmark = pytest.mark.anyio


@pytest.fixture(scope="module")
async def tree(city: City) -> int:
    """A tree with two series, the first with five values."""
    return await city.create(
        "Things",
        thing(
            name="tree",
            properties={
                "species": {"de": "Linde"},
                "height": 12.5,
                "planted": "1987-04-01T00:00:00Z",
                "rings": [{"width": 2}, {"width": 3, "years": [1990, 1991]}],
            },
            Locations=[location()],
            Datastreams=[
                datastream(name="air", observations=hourly(3, 1, 2, 5, 4)),
                datastream(name="soil", observations=hourly(7.25)),
            ],
        ),
    )


def filtered(collection: str, text: str) -> str:
    return f"{collection}?$filter={quote(text)}"


async def test_the_landing_page_lists_every_collection(city: City) -> None:
    for item in (await city.get(""))["value"]:
        assert item["url"].endswith(f"{STA}/{item['name']}")
        await city.get(item["url"])


async def test_navigation_goes_to_any_depth(city: City, tree: int) -> None:
    streams = await city.values(f"Things({tree})/Datastreams")
    first = streams[0]["@iot.id"]
    address = f"Things({tree})/Datastreams({first})/Observations"
    (newest, *_) = await city.values(f"{address}?$orderby=phenomenonTime desc")
    assert newest["result"] == 4
    way = f"{address}({newest['@iot.id']})/Datastream/Thing/Locations"
    assert await city.names(way) == ["Domplatz"]
    assert (await city.send("GET", f"Things({tree})/Datastreams(99999)/Observations")).status_code == 404
    assert (await city.get(f"{address}({newest['@iot.id']})/FeatureOfInterest"))["name"] == "Domplatz"


async def test_every_link_of_a_representation_leads_somewhere(city: City, tree: int) -> None:
    for collection in (
        "Things",
        "Locations",
        "HistoricalLocations",
        "Datastreams",
        "Sensors",
        "Observations",
    ):
        (entity, *_) = await city.values(collection)
        for key, address in entity.items():
            if key.endswith(("@iot.navigationLink", "@iot.selfLink")):
                await city.get(address)
    assert (await city.get("ObservedProperties(1)/@iot.selfLink"))["@iot.selfLink"].endswith("(1)")


async def test_properties_and_their_bare_values(city: City, tree: int) -> None:
    assert await city.get(f"Things({tree})/name") == {"name": "tree"}
    assert (await city.send("GET", f"Things({tree})/name/$value")).text == "tree"
    assert (await city.send("GET", f"Things({tree})/properties/species/de/$value")).text == "Linde"
    assert await city.get(f"Things({tree})/properties/height") == {"height": 12.5}
    assert (await city.send("GET", f"Things({tree})/properties/nothing")).status_code == 404
    assert (await city.send("GET", "Sensors(1)/properties")).status_code == 204
    assert await city.get(f"Things({tree})/properties/rings[1]/years[0]") == {"years[0]": 1990}
    assert (await city.send("GET", f"Things({tree})/properties/rings[1]/width/$value")).text == "3"
    assert (await city.send("GET", f"Things({tree})/properties/rings[7]")).status_code == 404


async def test_references_only(city: City, tree: int) -> None:
    assert (await city.values(f"Things({tree})/Datastreams/$ref"))[0].keys() == {"@iot.selfLink"}
    assert (await city.send("GET", "Observations/$count")).text == "6"


async def test_selected_properties_and_nothing_else(city: City, tree: int) -> None:
    assert await city.values("Things?$select=name") == [{"name": "tree"}]
    (found,) = await city.values("Things?$select=id,name,Locations&$expand=Datastreams($select=name)")
    assert found["Datastreams"] == [{"name": "air"}, {"name": "soil"}]
    assert found.keys() >= {"@iot.id", "@iot.selfLink", "Locations@iot.navigationLink"}
    assert "nope" in (await city.refused("GET", "Things?$select=nope"))["detail"]


async def test_expansion_in_both_directions(city: City, tree: int) -> None:
    expand = "Datastream($expand=Thing($expand=Locations/HistoricalLocations)),FeatureOfInterest"
    found = await city.values(f"Observations?$expand={expand}")
    assert {item["Datastream"]["Thing"]["name"] for item in found} == {"tree"}
    (place,) = found[0]["Datastream"]["Thing"]["Locations"]
    assert len(place["HistoricalLocations"]) == 1
    assert found[0]["FeatureOfInterest"]["name"] == "Domplatz"


async def test_the_newest_value_of_each_series(city: City, tree: int) -> None:
    newest = "Observations($top=1;$orderby=phenomenonTime desc)"
    (found,) = await city.values(f"Things?$expand=Datastreams($expand={newest})")
    assert [stream["Observations"][0]["result"] for stream in found["Datastreams"]] == [4, 7.25]
    following = await city.values(found["Datastreams"][0]["Observations@iot.nextLink"])
    assert [item["result"] for item in following] == [5]
    assert "Observations@iot.nextLink" not in found["Datastreams"][1]


@pytest.mark.parametrize(
    "order", ["", "result", "result desc", "phenomenonTime desc", "resultTime,result", "id"]
)
@pytest.mark.parametrize("top", [1, 2, 4])
async def test_pages_hold_each_entity_once_in_order(city: City, tree: int, order: str, top: int) -> None:
    options = f"&$orderby={order}" if order else ""
    everything = await city.values(f"Observations?$top=100{options}")
    assert len(everything) == 6
    address: str | None = f"Observations?$top={top}{options}"
    paged: list[Any] = []
    while address:
        page = await city.get(address)
        assert len(page["value"]) <= top
        paged += page["value"]
        address = page.get("@iot.nextLink")
    assert paged == everything


async def test_absent_values_come_first_ascending_and_last_descending(city: City, tree: int) -> None:
    bare = await city.create("Things", thing(name="bare"))
    try:
        assert await city.names("Things?$orderby=properties/height") == ["bare", "tree"]
        assert await city.names("Things?$orderby=properties/height desc") == ["tree", "bare"]
        for order in ("properties/height", "properties/height desc"):
            page = await city.get(f"Things?$top=1&$orderby={order}")
            following = await city.names(page["@iot.nextLink"])
            assert len(following) == 1
            assert following[0] != page["value"][0]["name"]
    finally:
        assert (await city.send("DELETE", f"Things({bare})")).status_code == 200


async def test_pages_stay_whole_while_others_insert(city: City, tree: int) -> None:
    (stream,) = await city.values(f"Things({tree})/Datastreams?$filter=name eq 'air'")
    address: str | None = f"Datastreams({stream['@iot.id']})/Observations?$top=2&$orderby=result"
    before = {item["@iot.id"] for item in await city.values(stream["Observations@iot.navigationLink"])}
    paged: list[int] = []
    extra: list[str] = []
    while address:
        page = await city.get(address)
        paged += [item["@iot.id"] for item in page["value"]]
        address = page.get("@iot.nextLink")
        body = {"result": 0, "phenomenonTime": f"2024-06-01T0{len(extra)}:00:00Z"}
        added = await city.send("POST", stream["Observations@iot.navigationLink"], json=body)
        extra.append(added.headers["location"])
    assert len(paged) == len(set(paged))
    assert set(paged) == before
    for link in extra:
        assert (await city.send("DELETE", link)).status_code == 200


async def test_tokens_of_other_queries_are_refused(city: City, tree: int) -> None:
    link = (await city.get("Observations?$top=1&$orderby=result"))["@iot.nextLink"]
    token = link.partition("$skiptoken=")[2]
    for query in (
        f"$orderby=id&$skiptoken={token}",
        "$skiptoken=xyz",
        "$skiptoken=WzEsIjEiXQ",
        "$skiptoken=%00",
    ):
        document = await city.refused("GET", f"Observations?$top=1&{query}")
        assert document["where"] == "$skiptoken"


@pytest.mark.parametrize(
    ("collection", "text", "count"),
    [
        ("Observations", "result gt 3", 3),
        ("Observations", "result add 1 ge 5 and result lt 6", 2),
        ("Observations", "result mod 2 eq 1", 3),
        ("Observations", "(result sub 3) mul -1 gt 0", 2),
        ("Observations", "round(result) eq 7 or floor(result) eq 1 or ceiling(result) eq 8", 2),
        (
            "Observations",
            "phenomenonTime ge 2024-05-01T02:00:00Z and phenomenonTime lt 2024-05-01T04:00:00Z",
            2,
        ),
        ("Observations", "hour(phenomenonTime) eq 3 and year(phenomenonTime) eq 2024", 1),
        ("Observations", "date(phenomenonTime) eq 2024-05-01", 6),
        ("Observations", "during(phenomenonTime, 2024-05-01T00:00:00Z/2024-05-01T01:00:00Z)", 2),
        ("Observations", "phenomenonTime gt 2024-05-01T00:00:00Z add duration'PT3H'", 1),
        ("Observations", "before(phenomenonTime, 2024-05-01T01:00:00Z)", 2),
        ("Observations", "resultTime eq null", 6),
        ("Observations", "resultTime ne null", 0),
        ("Observations", "not (resultTime gt 2020-01-01T00:00:00Z)", 6),
        ("Observations", "result in (1, 2, 99)", 2),
        ("Observations", "result eq 'text'", 0),
        ("Observations", "Datastream/Thing/Locations/name eq 'Domplatz' and result gt 4", 2),
        ("Observations", "Datastream/unitOfMeasurement/symbol eq '°C'", 6),
        ("Things", "substringof('re', name) and startswith(name,'tr') and endswith(name,'ee')", 1),
        ("Things", "length(name) eq 4 and indexof(name,'e') eq 2 and substring(name,1,2) eq 're'", 1),
        ("Things", "toupper(name) eq 'TREE' and concat(name,'s') eq 'trees' and trim(name) eq name", 1),
        ("Things", "properties/species/de eq 'Linde' and properties/height gt 12", 1),
        ("Things", "properties/planted lt 1990-01-01T00:00:00Z", 1),
        ("Things", "properties/height eq '12.5'", 1),
        ("Things", "properties/missing eq null", 1),
        ("Things", "Datastreams/Observations/result gt 6 and Datastreams/name eq 'air'", 0),
        ("Things", "Datastreams/Observations/result gt 6 and Datastreams/name eq 'soil'", 1),
        ("Datastreams", "phenomenonTime lt 2024-05-02T00:00:00Z and Thing/name ne 'x'", 2),
        ("Datastreams", "not (name eq 'air')", 1),
        ("FeaturesOfInterest", "Observations/result eq 5", 1),
        ("Locations", "Things/Datastreams/ObservedProperty/name eq 'temperature'", 1),
        ("Things", "1 div 0 eq 1", 0),
        ("Things", "MultiDatastreams/id eq null and Datastreams/id ne null", 1),
        ("Things", "Datastreams/id eq null", 0),
        ("Things", "Datastreams/Observations/resultTime eq null and Datastreams/name eq 'air'", 1),
        ("Things", "properties/rings[1]/width eq 3 and properties/rings/0/width eq 2", 1),
        ("Things", "properties/rings[2] eq null", 1),
        ("Things", "1991 in properties/rings[1]/years and not (1992 in properties/rings[1]/years)", 1),
        ("Things", "'Linde' in properties/species/de or true in properties/missing", 0),
        ("Things", "Datastreams/any(d: d/Observations/result gt 6 and d/name eq 'soil')", 1),
        ("Things", "Datastreams/any(d: d/Observations/any(o: o/result gt 6) and d/name eq 'air')", 0),
        ("Things", "Datastreams/any(d: d/name eq 'air') and Datastreams/any(d: d/name eq 'soil')", 1),
        ("Things", "Datastreams/any(d: d/name eq 'air' and $it/name eq 'tree')", 1),
        ("Things", "Datastreams/any(d: Datastreams/name eq 'air' and d/name eq 'soil')", 1),
        ("Things", "Datastreams/all(d: d/Observations/any())", 1),
        ("Things", "Datastreams/all(d: d/Observations/all(o: o/result lt 6))", 0),
        ("Things", "Datastreams/Observations/all(o: o/result lt 8)", 1),
        ("Things", "Datastreams/Observations/any(o: o/result eq 7.25 and o/Datastream/name eq 'air')", 0),
        ("Things", "not MultiDatastreams/any() and MultiDatastreams/all(m: m/id eq 0)", 1),
        (
            "Observations",
            "Datastream/Thing/Datastreams/any(d: d/name eq 'soil' and d/id ne Datastream/id)",
            5,
        ),
        ("Locations", "Things/any(t: t/Datastreams/any(d: d/Thing/id eq t/id)) eq true", 1),
    ],
)
async def test_filters_find(city: City, tree: int, collection: str, text: str, count: int) -> None:
    found = await city.get(filtered(collection, text) + "&$count=true")
    assert (found["@iot.count"], len(found["value"])) == (count, count)


@pytest.mark.parametrize("text", ["substring(name, 1, -5) eq 'x'", "result mul 1e308 mul 1e308 gt 1"])
async def test_values_out_of_range_are_the_askers_fault(city: City, tree: int, text: str) -> None:
    collection = "Observations" if text.startswith("result") else "Things"
    assert (await city.refused("GET", filtered(collection, text)))["remedy"]


async def test_counts_are_exact_and_independent_of_the_page(city: City, tree: int) -> None:
    assert (await city.get("Observations?$count=true&$top=2&$skip=3"))["@iot.count"] == 6
    (found,) = await city.values(
        "Things?$expand=Datastreams($count=true;$top=1;$expand=Observations($count=true))"
    )
    assert found["Datastreams@iot.count"] == 2
    assert found["Datastreams"][0]["Observations@iot.count"] == 5
    (found,) = await city.values("Things?$expand=Datastreams($count=true;$filter=name eq 'air')")
    assert found["Datastreams@iot.count"] == 1
    stream = found["Datastreams"][0]["@iot.id"]
    assert (await city.get(f"Datastreams({stream})/Observations?$count=true&$top=0")) == {
        "@iot.count": 5,
        "value": [],
    }


async def test_a_query_that_takes_too_long_says_what_to_narrow(
    city: City, tree: int, monkeypatch: Any
) -> None:
    monkeypatch.setattr(guard, "MAX_COST", 0.0)
    document = await city.refused("GET", "Observations?$filter=result gt 5")
    assert "phenomenonTime" in document["remedy"]


async def test_a_read_is_stopped_after_its_time(connection: Any) -> None:
    with pytest.raises(problems.QueryTooExpensive, match="stopped after"):
        async with guard.reading(connection, timeout=50):
            await connection.execute("select pg_sleep(5)")
    with pytest.raises(psycopg.errors.ReadOnlySqlTransaction):
        async with guard.reading(connection, timeout=5000):
            await connection.execute("delete from things.thing")


async def test_heads_have_no_body(city: City) -> None:
    answer = await city.send("HEAD", "Things")
    assert (answer.status_code, answer.content) == (200, b"")
    assert int(answer.headers["content-length"]) > 0
