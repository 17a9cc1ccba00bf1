# SPDX-License-Identifier: EUPL-1.2
"""What a write answers: methods, kinds of body, addresses, what the client prefers to see."""

from __future__ import annotations

import json
from typing import Any

import httpx
import pytest

from stadtkern.core import database as core_database
from tests.things import judging
from tests.things.factories import City, datastream, hourly, location, restricted, sensor, thing

pytestmark = pytest.mark.anyio


@pytest.fixture(scope="module")
async def stream(city: City) -> int:
    """A Datastream."""
    number = await city.create("Things", thing(Locations=[location()], Datastreams=[datastream()]))
    return int((await city.values(f"Things({number})/Datastreams"))[0]["@iot.id"])


@pytest.mark.parametrize(
    ("method", "path", "allowed"),
    [
        ("PATCH", "Things", "GET, HEAD, OPTIONS, POST, DELETE"),
        ("PATCH", "Things(1)/Datastreams", "GET, HEAD, OPTIONS, POST, DELETE"),
        ("POST", "Things(1)", "GET, HEAD, OPTIONS, PATCH, PUT, DELETE"),
        ("POST", "Datastreams(1)/Thing", "GET, HEAD, OPTIONS, PATCH, PUT, DELETE"),
        ("PUT", "Things(1)/name", "GET, HEAD, OPTIONS"),
        ("DELETE", "Things(1)/name/$value", "GET, HEAD, OPTIONS"),
        ("POST", "Things/$count", "GET, HEAD, OPTIONS"),
        ("POST", "Things/$ref", "GET, HEAD, OPTIONS"),
        ("PATCH", "Things(1)/Locations/$ref", "GET, HEAD, OPTIONS, POST, DELETE"),
        ("DELETE", "Datastreams(1)/Sensor/$ref", "GET, HEAD, OPTIONS, PUT"),
        ("POST", "Things(1)/Locations(1)/$ref", "GET, HEAD, OPTIONS, DELETE"),
        ("POST", "", "GET, HEAD, OPTIONS"),
        ("DELETE", "CreateObservations", "POST, OPTIONS"),
        ("TRACE", "Things(1)", "GET, HEAD, OPTIONS, PATCH, PUT, DELETE"),
    ],
)
async def test_a_method_that_does_not_fit_is_told_which_do(
    city: City, stream: int, method: str, path: str, allowed: str
) -> None:
    answer = judging.check(await city.send(method, path, json={}))
    assert (answer.status_code, answer.headers["allow"]) == (405, allowed)
    asked = await city.send("OPTIONS", path)
    assert (asked.status_code, asked.headers["allow"]) == (204, allowed)


_WRONG = [
    "text/plain",
    "application/x-www-form-urlencoded",
    "application/xml",
    "application/json; charset=latin1",
]
_RIGHT = [
    None,
    "application/json",
    "application/json; charset=utf-8",
    'application/JSON;charset="UTF-8"',
    "application/senml+json",
    "application/json;odata.metadata=minimal",
]


@pytest.mark.parametrize("kind", _WRONG)
@pytest.mark.parametrize(
    ("method", "path", "body"),
    [
        ("POST", "Things", thing()),
        ("POST", "Observations", {"result": 1, "Datastream": {"@iot.id": 1}}),
        ("POST", "Datastreams(1)/Observations", {"result": 1}),
        ("POST", "CreateObservations", []),
        ("PATCH", "Things(1)", {"name": "x"}),
        ("PUT", "Things(1)", thing()),
        ("POST", "Things(1)/Locations/$ref", {"@iot.id": 1}),
    ],
)
async def test_a_body_of_another_kind_is_refused(
    city: City, stream: int, kind: str, method: str, path: str, body: Any
) -> None:
    answer = await city.send(method, path, content=json.dumps(body), more={"content-type": kind})
    assert judging.check(answer).status_code == 415
    assert answer.json()["where"] == "Content-Type"


@pytest.mark.parametrize("kind", _RIGHT)
async def test_json_is_taken_however_it_is_called(city: City, stream: int, kind: str | None) -> None:
    more = {} if kind is None else {"content-type": kind}
    for path, body in (("Things", thing()), (f"Datastreams({stream})/Observations", {"result": 1})):
        answer = await city.send("POST", path, content=json.dumps(body), more=more)
        assert answer.status_code == 201, answer.text


async def test_a_json_patch_comes_with_patch_only(city: City) -> None:
    number = await city.create("Things", thing())
    body = json.dumps([{"op": "replace", "path": "/name", "value": "x"}])
    for method, path in (("PUT", f"Things({number})"), ("POST", "Things")):
        more = {"content-type": "application/json-patch+json"}
        assert (await city.send(method, path, content=body, more=more)).status_code == 415


async def test_who_prefers_it_sees_what_was_written(city: City, stream: int) -> None:
    wish = {"prefer": "respond-async, return=representation"}
    answer = await city.send("POST", "Sensors", json=sensor(name="seen"), more=wish)
    assert answer.status_code == 201
    assert answer.headers["preference-applied"] == "return=representation"
    assert answer.json()["name"] == "seen"
    assert answer.headers["location"] == answer.json()["@iot.selfLink"]
    number = answer.json()["@iot.id"]
    answer = await city.send("PATCH", f"Sensors({number})", json={"name": "again"}, more=wish)
    assert answer.json() == await city.get(f"Sensors({number})")
    answer = await city.send(
        "POST", "Observations", json={"result": 7, "Datastream": {"@iot.id": stream}}, more=wish
    )
    assert answer.json()["result"] == 7
    assert answer.json() == await city.get(answer.headers["location"])


async def test_who_may_not_read_is_told_that_it_is_stored(city: City, database: str) -> None:
    """What was written is not missing only because its writer may not see it."""
    writer = City(city.client, await restricted(database, key="blind", verbs=("create", "entities")))
    answer = await writer.send(
        "POST", "Things", json=thing(name="unseen"), more={"prefer": "return=representation"}
    )
    assert answer.status_code == 201
    assert "preference-applied" not in answer.headers
    assert answer.headers["location"] == answer.json()["@iot.selfLink"]
    async with await core_database.connect(url=database) as connection:
        rows = await connection.execute("SELECT id FROM things.thing WHERE name = 'unseen'")
        assert await rows.fetchall() == [(answer.json()["@iot.id"],)]


async def test_an_id_that_is_sent_along_is_passed_over(city: City) -> None:
    """18-088, 10.2.1.2: the service ignores computed properties when it creates an entity."""
    body = thing(**{"@iot.id": 77_777, "@iot.selfLink": "x", "Datastreams@iot.navigationLink": "y"})
    body["Datastreams"] = [datastream() | {"@iot.selfLink": "x", "Sensor@iot.navigationLink": "y"}]
    number = await city.create("Things", body)
    assert number != 77_777
    assert [item["name"] for item in await city.values(f"Things({number})/Datastreams")] == ["air"]
    answer = await city.send("PATCH", f"Things({number})", json={"@iot.id": 5, "id": 6, "name": "still it"})
    assert answer.status_code == 200
    assert (await city.get(f"Things({number})"))["name"] == "still it"


async def test_what_the_service_computes_is_passed_over(city: City, stream: int) -> None:
    computed = {"phenomenonTime": "2001-01-01T00:00:00Z/2002-01-01T00:00:00Z", "resultTime": None}
    before = await city.get(f"Datastreams({stream})")
    assert (await city.send("PATCH", f"Datastreams({stream})", json=computed)).status_code == 200
    assert await city.get(f"Datastreams({stream})") == before


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("Things({thing})", {"Locations": [location()]}),
        ("Things({thing})", {"Datastreams": [datastream()]}),
        ("Datastreams({stream})", {"Sensor": sensor()}),
        ("Datastreams({stream})", {"Sensor": None}),
        ("Datastreams({stream})", {"Observations": hourly(1)}),
        ("Things({thing})", {"Locations": {"@iot.id": 1}}),
        ("Things({thing})", {"Locations": [{"@iot.id": 99_999}]}),
        ("Things({thing})", {"Datastreams": [{"@iot.id": 99_999}]}),
    ],
)
async def test_a_change_brings_no_entities_along(
    city: City, stream: int, database: str, path: str, body: Any
) -> None:
    """18-088, 10.4.1: it refers to what is there."""
    (owner,) = [(await city.get(f"Datastreams({stream})/Thing"))["@iot.id"]]
    before = await judging.rows(database)
    document = await city.refused("PATCH", path.format(thing=owner, stream=stream), json=body)
    assert document["code"] == 400
    assert document["where"]
    assert await judging.rows(database) == before


async def test_what_clients_know_of_an_entity_may_stand_beside_its_id(city: City, stream: int) -> None:
    """They send back what they read, whole: with an `@iot.id` it refers, the rest is passed over."""
    known = await city.get(f"Datastreams({stream})?$expand=Thing,Sensor")
    made = await city.create("Observations", {"result": 3, "Datastream": known})
    assert (await city.get(f"Observations({made})/Datastream"))["@iot.id"] == stream
    whole = known | {"name": "written back", "ObservedProperty": {"@iot.id": 1, "name": "x"}}
    assert (await city.send("PUT", f"Datastreams({stream})", json=whole)).status_code == 200
    assert (await city.get(f"Datastreams({stream})"))["name"] == "written back"
    moved = await city.create("Things", thing(name="new home", Datastreams=[known]))
    assert (await city.get(f"Datastreams({stream})/Thing"))["@iot.id"] == moved


async def test_an_address_without_a_version_leads_to_the_one_there_is(client: httpx.AsyncClient) -> None:
    """`/sta` alone is what people type; other paths below it are still not there."""
    for path in ("/sta", "/sta/"):
        answer = await client.get(path)
        assert (answer.status_code, answer.headers["location"]) == (307, "http://localhost:8000/sta/v1.1")
    assert (await client.get("/sta/v1.0")).status_code == 404
