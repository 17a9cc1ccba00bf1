# SPDX-License-Identifier: EUPL-1.2
"""The HTTP surface: bad input is answered with what, where and how to mend it, and leaves nothing behind."""

from __future__ import annotations

import json
from collections.abc import Callable
from contextlib import suppress
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stadtkern.core.problems import Problem
from stadtkern.things.api import door
from stadtkern.things.operations import payload
from stadtkern.things.operations.problems import InvalidValue
from tests.things.factories import City, datastream, location, thing

pytestmark = pytest.mark.anyio


@pytest.fixture(scope="module")
async def stream(city: City) -> int:
    """A Datastream of measurements."""
    number = await city.create("Things", thing(Locations=[location()], Datastreams=[datastream()]))
    found: int = (await city.values(f"Things({number})/Datastreams"))[0]["@iot.id"]
    return found


def observation(**more: Any) -> str:
    return json.dumps({"result": 1, "Datastream": {"@iot.id": 1}, **more})


BAD_OBSERVATIONS = {
    "not JSON": ("{", "body"),
    "empty": ("", "body"),
    "a list": ("[]", "body"),
    "a comma too many": ('{"result": 1,}', "body"),
    "NaN": ('{"result": NaN, "Datastream": {"@iot.id": 1}}', "body"),
    "Infinity": ('{"result": -Infinity, "Datastream": {"@iot.id": 1}}', "body"),
    "a number beyond floats": ('{"result": 1e999, "Datastream": {"@iot.id": 1}}', "body"),
    "a key twice": ('{"result": 1, "result": 2, "Datastream": {"@iot.id": 1}}', "result"),
    "a key twice, once escaped": ('{"result": 1, "\\u0072esult": 2, "Datastream": {"@iot.id": 1}}', "result"),
    "an inner key twice": ('{"result": 1, "Datastream": {"@iot.id": 1, "@iot.id": 2}}', "@iot.id"),
    "an inner parameter twice": ('{"result":1,"parameters":{"a":1,"a":2},"Datastream":{"@iot.id":1}}', "a"),
    "deep nesting": ('{"result": 1, "parameters": ' + '{"a":' * 100 + "1" + "}" * 101, "parameters"),
    "very deep nesting": ("[" * 100_000, "body"),
    "an unknown property": (observation(resutl=1), "resutl"),
    "no result": ('{"Datastream": {"@iot.id": 1}}', "result"),
    "no datastream": ('{"result": 1}', "Datastream"),
    "an unknown datastream": (observation(Datastream={"@iot.id": 999999}), "Datastream"),
    "a datastream with text as id": (observation(Datastream={"@iot.id": "1"}), "@iot.id"),
    "an enormous id": (observation(Datastream={"@iot.id": 2**70}), "@iot.id"),
    "text as a result": (observation(result="21.5"), "result"),
    "truth as a measurement": (observation(result=True), "result"),
    "a German date": (observation(phenomenonTime="01.02.2024"), "phenomenonTime"),
    "a time without zone": (observation(phenomenonTime="2024-02-01T00:00:00"), "phenomenonTime"),
    "the year 12024": (observation(phenomenonTime="12024-01-01T00:00:00Z"), "phenomenonTime"),
    "the year 1824": (observation(phenomenonTime="1824-01-01T00:00:00Z"), "phenomenonTime"),
    "the year 9999": (observation(phenomenonTime="9999-01-01T00:00:00Z"), "phenomenonTime"),
    "February 30": (observation(phenomenonTime="2024-02-30T00:00:00Z"), "phenomenonTime"),
    "a number as time": (observation(phenomenonTime=1706745600), "phenomenonTime"),
    "an interval backwards": (
        observation(phenomenonTime="2024-02-02T00:00:00Z/2024-02-01T00:00:00Z"),
        "phenomenonTime",
    ),
    "a wrong result time": (observation(resultTime="yesterday"), "resultTime"),
    "a wrong valid time": (observation(validTime="2024-02-01T00:00:00Z"), "validTime"),
    "a null character": (observation(parameters={"a": "x\x00y"}), "parameters.a"),
    "a null character as key": (observation(parameters={"\x00": 1}), "parameters"),
    "half a surrogate": ('{"result": 1, "parameters": {"a": "\\ud800"}, "Datastream": {"@iot.id": 1}}', None),
    "parameters as text": (observation(parameters="x"), "parameters"),
}


@pytest.mark.parametrize("name", BAD_OBSERVATIONS)
async def test_bad_observations_are_refused_with_the_place(city: City, stream: int, name: str) -> None:
    body, where = BAD_OBSERVATIONS[name]
    document = await city.refused("POST", "Observations", content=body.encode())
    if where is not None:
        assert document["where"].startswith(where)
    assert (await city.send("GET", "Observations/$count")).text == "0"


BAD_THINGS: dict[str, tuple[dict[str, Any], str]] = {
    "no name": ({"description": "-"}, "name"),
    "a number as name": (thing(name=5), "name"),  # type: ignore[arg-type]
    "null as name": (thing(name=None), "name"),  # type: ignore[arg-type]
    "an unknown property": (thing(colour="red"), "colour"),
    "properties that are a list": (thing(properties=[1]), "properties"),
    "a null character": (thing(name="a\x00b"), "name"),
    "an enormous name": (thing(name="x" * 30_000), "name"),
    "a location off the Earth": (thing(Locations=[location(x=2000)]), "Locations[0].location.coordinates"),
    "a location without type": (
        thing(Locations=[location() | {"location": {}}]),
        "Locations[0].location.type",
    ),
    "locations that are no list": (thing(Locations=location()), "Locations"),
    "an unknown location": (thing(Locations=[{"@iot.id": 999999}]), "Locations[0]"),
    "a stream without unit": (thing(Datastreams=[datastream(unitOfMeasurement=None)]), "Datastreams[0].unit"),
    "a stream with half a unit": (
        thing(Datastreams=[datastream(unitOfMeasurement={"name": "m"})]),
        "Datastreams[0].unit",
    ),
    "a stream with an unknown sensor": (
        thing(Datastreams=[datastream(Sensor={"@iot.id": 99})]),
        "Datastreams[0].Sensor",
    ),
    "a stream with another thing": (thing(Datastreams=[datastream(Thing={"@iot.id": 1})]), "Thing"),
    "a stream with a wrong sensor": (
        thing(Datastreams=[datastream(Sensor={"name": "x"})]),
        "Datastreams[0].Sensor.description",
    ),
    "a reference to what is not there": (thing(Datastreams=[{"@iot.id": 99_999}]), "Datastreams[0]"),
}


@pytest.mark.parametrize("name", BAD_THINGS)
async def test_bad_things_are_refused_and_leave_nothing_behind(city: City, stream: int, name: str) -> None:
    body, where = BAD_THINGS[name]
    before = [(await city.send("GET", f"{each}/$count")).text for each in ("Things", "Locations", "Sensors")]
    document = await city.refused("POST", "Things", json=body)
    assert document["where"].startswith(where)
    assert [
        (await city.send("GET", f"{each}/$count")).text for each in ("Things", "Locations", "Sensors")
    ] == before


async def test_sql_in_texts_is_only_text(city: City, stream: int) -> None:
    name = "Robert'); DROP TABLE things.thing; -- %s %(x)s {} \\"
    number = await city.create("Things", thing(name=name, properties={name: name}))
    assert (await city.get(f"Things({number})"))["properties"] == {name: name}
    quoted = name.replace("'", "''").replace("%", "%25").replace(";", "%3B")
    assert await city.names(f"Things?$filter=name eq '{quoted}'") == [name]
    assert (await city.send("DELETE", f"Things({number})")).status_code == 200


async def test_bodies_over_the_limit_are_refused_with_the_limit(city: City, stream: int) -> None:
    document = await city.refused("POST", "Things", json=thing(properties={"x": "y" * 2_000_000}))
    assert (document["code"], document["limit"]) == (413, 1_048_576)

    async def endless() -> Any:
        for _ in range(40):
            yield b"[" * 65_536

    document = await city.refused("POST", "Observations", content=endless())
    assert document["code"] == 413


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("POST", "Things(1)"),
        ("POST", "Datastreams(1)/Thing"),
        ("PATCH", "Things"),
        ("PUT", "Things"),
        ("DELETE", "Things(1)/name"),
        ("PUT", "Things(1)/Datastreams"),
        ("TRACE", "Things"),
    ],
)
async def test_what_an_address_does_not_take(city: City, stream: int, method: str, path: str) -> None:
    assert (await city.refused(method, path, json={}))["code"] == 405


async def test_writing_needs_a_token(city: City, stream: int) -> None:
    for method, path in (
        ("POST", "Things"),
        ("POST", "Observations"),
        ("PATCH", "Things(1)"),
        ("DELETE", "Things(1)"),
    ):
        answer = await city.anonymous().send(method, path, json={})
        assert answer.status_code == 401
        assert answer.headers["www-authenticate"] == "Bearer"
    wrong = City(city.client, "sk_wrong")
    assert (await wrong.send("POST", "CreateObservations", json=[])).status_code == 401


async def test_public_reads_are_open_to_other_origins(city: City) -> None:
    answer = await city.send("GET", "Things")
    assert answer.headers["access-control-allow-origin"] == "*"
    assert "POST" not in (await city.send("OPTIONS", "Things")).headers["access-control-allow-methods"]


@pytest.mark.parametrize(
    ("method", "path", "body"),
    [
        ("GET", "Things", None),
        ("GET", "Things/$count", None),
        ("GET", "Things(0)", None),
        ("GET", "Datastreams({stream})/Observations?$resultFormat=dataArray", None),
        ("GET", "Datastreams({stream})/Observations?$resultFormat=CSV", None),
        ("GET", "Things?$resultFormat=GeoJSON", None),
        ("OPTIONS", "Things", None),
        ("POST", "Datastreams({stream})/Observations", {"result": 1}),
        ("POST", "Things", {"name": "n", "description": "<script>"}),
        ("POST", "Things", {}),
        ("POST", "CreateObservations", []),
        ("POST", "$batch", {"requests": [{"id": "1", "method": "get", "url": "Things"}]}),
    ],
)
async def test_no_browser_guesses_what_an_answer_is(
    city: City, stream: int, method: str, path: str, body: Any
) -> None:
    """What somebody has stored must not become a page with a script."""
    answer = await city.send(method, path.format(stream=stream), **({} if body is None else {"json": body}))
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert answer.headers["access-control-allow-origin"] == "*"


async def test_links_come_from_the_settings_and_not_from_the_host_header(city: City) -> None:
    answer = await city.client.get("/sta/v1.1/Things", headers={"Host": "evil.example"})
    assert "evil" not in answer.text
    assert "http://localhost:8000/sta/v1.1/" in answer.text


_scalars = st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8)
_documents = st.recursive(
    _scalars, lambda x: st.lists(x, max_size=3) | st.dictionaries(st.text(max_size=5), x, max_size=3)
)


@given(st.binary(max_size=200) | _documents.map(lambda value: json.dumps(value).encode()))
def test_no_body_crashes_the_door(body: bytes) -> None:
    for read in (door.decode, payload.decode):
        with suppress(Problem):
            read(body)


@given(
    st.lists(st.sampled_from(["result", "Datastream", "@iot.id", "phenomenonTime"]), min_size=2, max_size=5)
)
def test_a_key_that_stands_twice_is_always_found(keys: list[str]) -> None:
    body = "{" + ",".join(f'"{key}" : 1' for key in keys) + "}"
    nested = '{"result":1,"Datastream":' + body + "}"
    deeper = '{"result":["a",{"b":"c"}],"parameters":{"list":["result",' + body + "]}}"
    for text in (body, nested, deeper):
        try:
            door.decode(text.encode())
            unique = True
        except Problem:
            unique = False
        assert unique == (len(set(keys)) == len(keys))


@given(_documents.map(lambda value: json.dumps(value, ensure_ascii=False).encode()))
def test_the_door_reads_what_the_thorough_way_reads(body: bytes) -> None:
    """Objects alike; what one refuses the other refuses."""
    assert _read(door.decode, body) == _read(_objects, body)


@pytest.mark.parametrize("levels", [4, 5, 6, 39, 41, 900])
def test_depth_is_bounded_for_small_bodies_too(levels: int) -> None:
    body = b'{"parameters":' + b"[" * levels + b"]" * levels + b"}"
    assert _read(door.decode, body) == _read(_objects, body)


def _objects(body: bytes) -> Any:
    value = payload.decode(body)
    if not isinstance(value, dict):
        raise InvalidValue("no object", where="body")
    return value


def _read(way: Callable[[bytes], Any], body: bytes) -> Any:
    try:
        return way(body)
    except Problem as problem:
        return type(problem)
