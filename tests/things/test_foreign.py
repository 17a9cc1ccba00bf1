# SPDX-License-Identifier: EUPL-1.2
"""What suites of other projects ask for: FROST-Server's and OGC's own (docs/conformance.md)."""

from __future__ import annotations

from typing import Any

import pytest

from stadtkern.core import database as core_database
from stadtkern.things.api import write
from stadtkern.things.store import fold
from tests.things.factories import City, datastream, hourly, location, multi_datastream, restricted, thing

pytestmark = pytest.mark.anyio

SEVEN, EIGHT, NINE = (f"2016-01-01T0{hour}:00:00Z" for hour in (7, 8, 9))
SPANS = {"6-7": f"2016-01-01T06:00:00Z/{SEVEN}", "7-8": f"{SEVEN}/{EIGHT}", "8-9": f"{EIGHT}/{NINE}"}


@pytest.fixture
async def stream(city: City) -> int:
    """A Datastream whose results are words, numbers, truth; at instants and over spans of time."""
    number = await city.create("Things", thing(Locations=[location()], Datastreams=[datastream()]))
    (found,) = await city.values(f"Things({number})/Datastreams")
    address = f"Datastreams({found['@iot.id']})"
    words = {"observationType": "any", "properties": {"word": "true", "list": [7]}}
    assert (await city.send("PATCH", address, json=words)).status_code == 200
    given: list[tuple[Any, str]] = [(7, SEVEN), ("8", EIGHT), (True, NINE), *SPANS.items()]
    for value, time in given:
        body = {"result": value, "phenomenonTime": time, "parameters": {"value": value}}
        if not isinstance(value, str) or value == "8":
            body["parameters"]["written"] = str(value).lower()
        await city.create(f"{address}/Observations", body)
    return int(found["@iot.id"])


@pytest.mark.parametrize(
    ("condition", "results"),
    [
        # A number and a truth value count as they are written where text is asked for.
        ("result eq '7'", [7]),
        ("parameters/value eq '7'", [7]),
        ("parameters/value in ('7','8')", [7, "8"]),
        ("result gt '7'", ["8", True, "7-8", "8-9"]),
        ("result ne '7'", ["8", True, "6-7", "7-8", "8-9"]),
        ("result eq 'true'", [True]),
        # So do two values of entities, and values of other types are never alike.
        ("result eq parameters/written", [7, "8", True]),
        ("result ne parameters/written", ["6-7", "7-8", "8-9"]),
        ("result ge parameters/written", [7, "8", True]),
        ("parameters/written eq result", [7, "8", True]),
        ("parameters/value eq Datastream/properties/word", [True]),
        ("parameters/value eq Datastream/properties/list", []),
        ("parameters/value lt Datastream/properties/list", []),
        ("parameters/value ne Datastream/properties/list", [7, "8", True, "6-7", "7-8", "8-9"]),
        # What is neither true nor false has no opposite.
        ("not parameters/value", []),
        ("parameters/value", [True]),
        # Times may be written as text.
        (f"phenomenonTime eq '{SEVEN}'", [7]),
        # Of two times that touch, the later one is after the earlier one only if it begins later.
        (f"after(phenomenonTime,{SEVEN})", ["8", True, "8-9"]),
        (f"starts(phenomenonTime,{SEVEN})", [7, "7-8"]),
        (f"finishes(phenomenonTime,{SEVEN})", [7, "6-7"]),
        (f"finishes({SPANS['7-8']},phenomenonTime)", ["8", "7-8"]),
        (f"during(phenomenonTime,{SPANS['7-8']})", [7, "7-8"]),
        (f"during({SEVEN},phenomenonTime)", ["7-8"]),
        # An interval that is shifted stays one.
        (f"phenomenonTime gt {SPANS['8-9']} sub duration'PT1H'", ["8", True, "8-9"]),
        (f"phenomenonTime lt {SPANS['6-7']} add duration'PT1H'", ["6-7"]),
        (f"phenomenonTime add duration'PT1H' eq {SPANS['8-9']}", ["7-8"]),
        (f"duration'PT1H' add phenomenonTime eq {SPANS['8-9']}", ["7-8"]),
    ],
)
async def test_filters_find(city: City, stream: int, condition: str, results: list[Any]) -> None:
    address = f"Datastreams({stream})/Observations"
    answer = await city.client.get(f"/sta/v1.1/{address}", params={"$filter": condition})
    assert answer.status_code == 200, answer.text
    found = [item["result"] for item in answer.json()["value"]]
    assert sorted(map(str, found)) == sorted(map(str, results))


async def test_nothing_is_during_an_instant(city: City, stream: int) -> None:
    for first in ("phenomenonTime", SEVEN):
        address = f"Datastreams({stream})/Observations?$filter=during({first},resultTime)"
        assert "interval" in (await city.refused("GET", address))["detail"]
        assert (await city.send("HEAD", address)).status_code == 400


async def test_the_whole_query_may_be_encoded(city: City, stream: int) -> None:
    """Its equals sign too, with plus signs for blanks, as OGC's suite writes it."""
    found = await city.values(
        f"Datastreams({stream})/Observations?%24filter%3Dresult+eq+7+or+result+eq+%278%27"
    )
    assert [item["result"] for item in found] == [7, "8"]


async def test_links_stand_at_the_first_level_and_where_they_are_selected(city: City, stream: int) -> None:
    """Of expanded relations too; inside other entities only what `$select` names."""
    links = {"Thing", "Sensor", "ObservedProperty", "Observations"}
    whole = await city.get(f"Datastreams({stream})?$expand=Thing,Sensor($select=name,Datastreams)")
    assert {f"{name}@iot.navigationLink" for name in links} < whole.keys()
    assert [key for key in whole["Thing"] if "navigationLink" in key] == []
    assert whole["Thing"]["@iot.selfLink"].endswith(f"Things({whole['Thing']['@iot.id']})")
    assert set(whole["Sensor"]) == {"name", "Datastreams@iot.navigationLink"}


async def test_a_feature_is_made_only_for_those_that_name_none(city: City, database: str) -> None:
    number = await city.create("Things", thing(Locations=[location(name="spot")], Datastreams=[datastream()]))
    (found,) = await city.values(f"Things({number})/Datastreams")
    address = f"Datastreams({found['@iot.id']})/Observations"
    body = {"name": "own", "description": "-", "encodingType": "application/geo+json",
            "feature": {"type": "Point", "coordinates": [7.6, 51.9]}}  # fmt: skip
    own = await city.create("FeaturesOfInterest", body)
    for reading in hourly(1, 2):
        await city.create(address, {**reading, "FeatureOfInterest": {"@iot.id": own}})
    assert await city.names("FeaturesOfInterest?$filter=name%20in%20('own','spot')") == ["own"]
    await city.create(address, hourly(3, day="2024-05-02")[0])
    assert await city.names("FeaturesOfInterest?$filter=name%20in%20('own','spot')") == ["own", "spot"]
    (made,) = await city.values("FeaturesOfInterest?$select=id&$filter=name%20eq%20'spot'")
    which = "(payload->'changed'->'FeatureOfInterest')::jsonb @> to_jsonb(%s::bigint)"
    asked = "SELECT count(*) FROM core.outbox WHERE " + which
    async with await core_database.connect(url=database, autocommit=True) as connection:
        told = await (await connection.execute(asked, (made["@iot.id"],))).fetchone()
    assert told == (1,), "whoever follows features is told of it"


async def test_a_key_that_stands_twice_counts_as_it_stands_last(city: City) -> None:
    number = await city.create("Things", thing())
    body = '{"name": "first", "description": "-", "name": "last"}'
    kind = {"Content-Type": "application/json"}
    answer = await city.send("PUT", f"Things({number})", content=body, more=kind)
    assert answer.status_code == 200, answer.text
    assert (await city.get(f"Things({number})"))["name"] == "last"


async def test_a_batch_in_json_shows_what_is_written_where_that_is_preferred(city: City) -> None:
    requests = [
        {"id": "a", "method": "post", "url": "Things", "body": thing()},
        {"id": "b", "method": "patch", "url": "$a", "body": {"name": "changed"}},
        {"id": "c", "method": "get", "url": "$a?$select=id"},
        {"id": "d", "method": "patch", "url": "$a", "body": {"name": "shown"},
         "headers": {"Prefer": "return=representation"}},
    ]  # fmt: skip
    told = (await city.send("POST", "$batch", json={"requests": requests})).json()["responses"]
    made, changed, read, shown = told
    assert (made["status"], changed["status"]) == (201, 200)
    assert "body" not in made
    assert "body" not in changed
    assert made["location"] == read["body"]["@iot.selfLink"]
    assert shown["body"]["name"] == "shown"


async def test_what_a_filter_finds_is_deleted(city: City, stream: int) -> None:
    """FROST's filtered delete, below any collection."""
    address = f"Datastreams({stream})/Observations?$filter=phenomenonTime%20lt%20{EIGHT}"
    gone = await city.send("DELETE", address)
    assert (gone.status_code, gone.content) == (200, b"")
    left = await city.values(f"Datastreams({stream})/Observations?$expand=FeatureOfInterest")
    assert {item["result"] for item in left} == {"8", True, "8-9"}
    assert (await city.send("DELETE", address)).status_code == 200
    assert (await city.get(f"Datastreams({stream})"))["phenomenonTime"] == f"{EIGHT}/{NINE}"
    feature = left[0]["FeatureOfInterest"]["@iot.id"]
    by_feature = f"FeaturesOfInterest?$filter=id%20eq%20{feature}"
    assert (await city.send("DELETE", by_feature)).status_code == 200
    assert await city.values(f"Datastreams({stream})/Observations") == []
    assert await city.values(by_feature) == []


async def test_what_is_listed_twice_is_deleted_once(city: City) -> None:
    number = await city.create("Things", thing(MultiDatastreams=[multi_datastream()]))
    (wind,) = await city.values(f"Things({number})/MultiDatastreams?$expand=ObservedProperties")
    address, (first, *_) = f"MultiDatastreams({wind['@iot.id']})", wind["ObservedProperties"]
    twice = {"ObservedProperties": [{"@iot.id": first["@iot.id"]}] * 2}
    assert (await city.send("PATCH", address, json=twice)).status_code == 200
    every = f"{address}/ObservedProperties?$filter=id%20gt%200"
    assert len(await city.values(every)) == 2
    assert (await city.send("DELETE", every)).status_code == 200
    assert await city.values(f"Things({number})/MultiDatastreams") == [], "it cannot be without them"


@pytest.mark.parametrize("query", ["", "?$top=1", "?$filter=id%20gt%200&$top=1", "?$filter=nothing%20eq%201"])
async def test_a_collection_is_never_deleted_by_mistake(city: City, stream: int, query: str) -> None:
    assert (await city.refused("DELETE", f"Datastreams({stream})/Observations{query}"))["status"] == 400
    assert len(await city.values(f"Datastreams({stream})/Observations")) == 6


async def test_more_than_a_request_deletes_stays_as_it_is(
    city: City, stream: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(write, "MOST_AT_ONCE", 5)
    every = f"Datastreams({stream})/Observations?$filter=id%20gt%200"
    assert (await city.refused("DELETE", every))["status"] == 422
    assert len(await city.values(f"Datastreams({stream})/Observations")) == 6


async def test_a_filter_deletes_nothing_without_the_right(
    city: City, stream: int, database: str, dataset: int
) -> None:
    """Not without a token, not with one that may only read there; what is hidden is not even found."""
    every = f"Datastreams({stream})/Observations?$filter=id%20gt%200"
    assert (await city.anonymous().refused("DELETE", every))["status"] == 401
    reader = City(city.client, await restricted(database, key="closed", also={dataset: ("read",)}))
    assert (await reader.refused("DELETE", every))["status"] == 403
    assert len(await city.values(f"Datastreams({stream})/Observations")) == 6
    hidden = await reader.create("Things", thing(name="hidden"))
    assert (await city.send("DELETE", f"Things?$filter=id%20eq%20{hidden}")).status_code == 200
    assert (await reader.get(f"Things({hidden})"))["name"] == "hidden"


@pytest.fixture
async def kinds(city: City) -> str:
    """Things of two kinds, with and without a material, one without a kind; the filter that finds them."""
    for kind, material in (("tree", None), ("bench", "wood"), ("bench", "steel"), ("bench", "wood")):
        given = {"kind": kind} if material is None else {"kind": kind, "of": {"material": material}}
        await city.create("Things", thing(name="kinds", properties=given))
    await city.create("Things", thing(name="kinds"))
    return "$filter=name%20eq%20'kinds'"


async def test_each_combination_of_values_is_told_once(city: City, kinds: str) -> None:
    """FROST's `distinct:`, in the places the values have in an entity."""
    one = await city.get(f"Things?$select=distinct:properties/kind&$count=true&{kinds}")
    said = [{"properties": {}}, {"properties": {"kind": "bench"}}, {"properties": {"kind": "tree"}}]
    assert one == {"@iot.count": 3, "value": said}
    both = f"Things?$select=distinct:name,properties/kind,properties/of/material&{kinds}"
    page = await city.get(f"{both}&$orderby=properties/kind%20desc&$top=3")
    rest = await city.get(page["@iot.nextLink"])
    assert "@iot.nextLink" not in rest
    found = [item["properties"] for item in (*page["value"], *rest["value"])]
    assert found == [
        {"kind": "tree", "of": {}},
        {"kind": "bench", "of": {"material": "steel"}},
        {"kind": "bench", "of": {"material": "wood"}},
        {"of": {}},
    ]
    assert await city.anonymous().values(f"Things?$select=distinct:name&{kinds}") == [{"name": "kinds"}]


@pytest.mark.parametrize(
    "names", ["properties/of,properties/of/material", "properties/of/material,properties/of"]
)
async def test_a_value_and_what_lies_inside_it_are_told_together(city: City, kinds: str, names: str) -> None:
    found = await city.values(f"Things?$select=distinct:{names}&{kinds}")
    of = [item["properties"]["of"] for item in found]
    assert of == [{}, {"material": "steel"}, {"material": "wood"}]
    often = ",".join(["name"] * 2_000)  # more columns than a statement may have
    assert await city.values(f"Things?$select=distinct:{often}&{kinds}") == [{"name": "kinds"}]
    refs = await city.values(f"Things/$ref?$select=distinct:name&{kinds}")
    assert len({ref["@iot.selfLink"] for ref in refs}) >= 5, "references are those of entities"


@pytest.mark.parametrize(
    "query",
    [
        "$select=distinct:",
        "$select=distinct:nothing",
        "$select=distinct:name&$expand=Locations",
        "$select=distinct:name&$orderby=id",
        "$select=distinct:name&$resultFormat=CSV",
        "$expand=Datastreams($select=distinct:name)",
    ],
)
async def test_what_does_not_go_with_distinct_is_refused(city: City, query: str) -> None:
    assert (await city.refused("GET", f"Things?{query}"))["status"] == 400
    assert (await city.send("GET", "Things?$select=distinct:Locations/name")).status_code == 501


async def test_values_of_what_is_hidden_are_not_told(city: City, database: str) -> None:
    other = City(city.client, await restricted(database, key="veiled"))
    await other.create("Things", thing(name="veiled", properties={"kind": "secret"}))
    query = "Things?$select=distinct:properties/kind&$count=true&$filter=name%20eq%20'veiled'"
    assert (await other.get(query))["@iot.count"] == 1
    assert await city.get(query) == {"@iot.count": 0, "value": []}


async def test_results_of_a_datastream_are_told_once(city: City, stream: int) -> None:
    """Within its bounds: observations are looked at only where the cost allows it."""
    found = await city.values(f"Datastreams({stream})/Observations?$select=distinct:parameters/value")
    assert {item["parameters"]["value"] for item in found} == {7, "8", True, *SPANS}


def test_the_fold_takes_no_spans_too() -> None:
    """Whoever empties a service while its rollups are made leaves marks of which nothing is left."""
    assert fold.span_params([]).keys() == {"datastream_id", "start", "until"}
