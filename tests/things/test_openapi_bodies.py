# SPDX-License-Identifier: EUPL-1.2
"""Bad bodies are refused with a reason, and nothing of them is stored."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.things import asking, judging
from tests.things.factories import City, datastream, hourly, location, thing

pytestmark = pytest.mark.anyio
_HUGE = 10**400


@pytest.fixture(scope="module")
async def stream(city: City) -> int:
    """A Datastream with two observations."""
    body = thing(Locations=[location()], Datastreams=[datastream(observations=hourly(1, 2))])
    tree = await city.create("Things", body)
    (found,) = await city.values(f"Things({tree})/Datastreams")
    return int(found["@iot.id"])


async def _refused(city: City, database: str, method: str, path: str, body: bytes) -> dict[str, Any]:
    before = await judging.rows(database)
    document = await city.refused(method, path, content=body)
    assert await judging.rows(database) == before
    return document


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"{",
        b"null",
        b"1",
        b"\xff\xfe{}",
        b"\xef\xbb\xbf{}",
        b'{"a":NaN}',
        b'{"result":Infinity,"Datastream":{"@iot.id":1}}',
        b'{"result":1e400,"Datastream":{"@iot.id":1}}',
        b'{"result":' + b"9" * 5000 + b',"Datastream":{"@iot.id":1}}',
        b"[" * 100_000,
        b'{"a":' * 100_000,
        b"[" * 100_000 + b"]" * 100_000,
        b'{"name":"\\u0000","description":"x"}',
        b'{"name":"\\ud800","description":"x"}',
        b'{"name":"\xff","description":"x"}',
        b'{"\xff":"a","description":"x"}',
        b"name=a&description=b",
        b"<Thing/>",
    ],
    ids=lambda body: repr(body[:24]),
)
@pytest.mark.parametrize(
    "path", ["Things", "Observations", "Datastreams(1)/Observations", "CreateObservations"]
)
async def test_what_is_not_a_json_document_is_refused(
    city: City, stream: int, database: str, path: str, body: bytes
) -> None:
    assert (await _refused(city, database, "POST", path, body))["code"] == 400


@pytest.mark.parametrize(
    "body",
    [
        b'{"name":"a","name":"b","description":"x"}',
        b'{"name":"a","description":"x","properties":{"a":1,"\\u0061":2}}',
    ],
)
@pytest.mark.parametrize("path", ["Observations", "Datastreams(1)/Observations", "CreateObservations"])
async def test_what_is_measured_is_not_said_twice(
    city: City, stream: int, database: str, path: str, body: bytes
) -> None:
    assert (await _refused(city, database, "POST", path, body))["code"] == 400


@pytest.mark.parametrize(
    ("member", "value"),
    [
        ("phenomenonTime", "01.02.2024"),
        ("phenomenonTime", "12024-01-01T00:00:00Z"),
        ("phenomenonTime", "2024-02-30T00:00:00Z"),
        ("phenomenonTime", "1800-01-01T00:00:00Z"),
        ("phenomenonTime", "0001-01-01T00:00:00+14:00"),
        ("phenomenonTime", "9999-12-31T23:59:59-14:00"),
        ("phenomenonTime", "2024-01-02T00:00:00Z/2024-01-01T00:00:00Z"),
        ("phenomenonTime", 1_700_000_000),
        ("resultTime", "9999-12-31T23:59:59-14:00"),
        ("validTime", "x/y"),
        ("validTime", "2024-01-02T00:00:00Z"),
        ("result", _HUGE),
        ("result", "1'; drop table things.thing; --"),
        ("result", [1, "\x00"]),
        ("result", True),
        ("resultQuality", "\x00"),
        ("parameters", []),
        ("parameters", {"a\x00": 1}),
        ("FeatureOfInterest", {"@iot.id": 999_999}),
        ("FeatureOfInterest", {"@iot.id": "1"}),
        ("FeatureOfInterest", {"name": 1}),
        ("Datastream", {"@iot.id": 1.5}),
        ("Datastream", {"@iot.id": 2**63}),
        ("Datastream", {"@iot.id": True}),
        ("Datastream", {"name": "x"}),
        ("Datastream", "1"),
        ("MultiDatastream", {"@iot.id": 1}),
        ("unknown", 1),
    ],
    ids=str,
)
@pytest.mark.parametrize("below", [False, True])
async def test_a_wrong_member_of_an_observation_is_refused(
    city: City, stream: int, database: str, member: str, value: Any, *, below: bool
) -> None:
    body = {"result": 5} | ({} if below else {"Datastream": {"@iot.id": stream}}) | {member: value}
    path = f"Datastreams({stream})/Observations" if below else "Observations"
    document = await _refused(city, database, "POST", path, json.dumps(body).encode())
    assert document["where"]


async def test_a_datastream_is_not_taken_for_a_multidatastream(
    city: City, stream: int, database: str
) -> None:
    body = {"result": 1, "MultiDatastream": {"@iot.id": stream}}
    document = await _refused(city, database, "POST", "Observations", json.dumps(body).encode())
    assert (document["code"], document["where"]) == (404, "MultiDatastream")


@pytest.mark.parametrize(
    "body",
    [
        thing(name="x" * 20_001),
        thing(properties=[]),
        thing(name=None),
        thing(Locations={}),
        thing(Locations=[1]),
        thing(Locations=[location(), 5]),
        thing(Locations=[location(x=1e308)]),
        thing(Locations=[location() | {"location": {"type": "Point", "coordinates": [_HUGE, 1]}}]),
        thing(Locations=[location() | {"location": {"type": [], "coordinates": []}}]),
        thing(Locations=[location() | {"location": {"type": "GeometryCollection", "geometries": [{}]}}]),
        thing(Datastreams=[datastream(), {}]),
        thing(Datastreams=[datastream(observations=[{"result": 1}, {"result": "x"}])]),
        thing(
            Locations=[location()],
            Datastreams=[datastream(observations=[{"result": 1, "phenomenonTime": "01.02.2024"}])],
        ),
        thing(Datastreams=[datastream(unitOfMeasurement={"name": 1})]),
        thing(HistoricalLocations=[{"time": "x"}]),
        thing(MultiDatastreams=[{}]),
    ],
    ids=lambda body: json.dumps(body)[-60:],
)
async def test_a_deep_insert_is_stored_as_a_whole_or_not_at_all(
    city: City, stream: int, database: str, body: dict[str, Any]
) -> None:
    await _refused(city, database, "POST", "Things", json.dumps(body).encode())


@pytest.mark.parametrize(
    "second",
    [
        '{"Datastream":{"@iot.id":1},"components":["result"],"dataArray":5}',
        '{"Datastream":{"@iot.id":1},"components":["result","result"],"dataArray":[[1,2]]}',
        '{"Datastream":{"@iot.id":1},"components":["nonsense"],"dataArray":[[1]]}',
        '{"Datastream":{"@iot.id":1},"Datastream":{"@iot.id":2},"components":["result"],"dataArray":[]}',
        '{"Datastream":{"@iot.id":1.5},"components":["result"],"dataArray":[[1]]}',
        '{"components":["result"],"dataArray":[[1]]}',
        '{"Datastream":{"@iot.id":1},"components":["result"],"dataArray":[[1]],"more":1}',
    ],
)
async def test_an_unusable_group_stops_a_data_array_before_anything_is_stored(
    city: City, stream: int, database: str, second: str
) -> None:
    first = f'{{"Datastream":{{"@iot.id":{stream}}},"components":["result"],"dataArray":[[1]]}}'
    await _refused(city, database, "POST", "CreateObservations", f"[{first},{second}]".encode())


async def test_an_unusable_row_fails_alone(city: City, stream: int) -> None:
    rows = (
        b'["01.02.2024",1,null],["2024-06-01T00:00:00Z",7,{"a":1,"a":2}],["2024-06-01T00:00:00Z","x",null],[1],5,'
        b'["9999-12-31T23:59:59-14:00",1,null],["2024-06-01T00:00:00Z",1e400,null],["2024-06-01T00:00:00Z",8,null]'
    ) + b',["2024-06-01T00:00:00Z",8,{"a":"\xff"}]'
    head = f'[{{"Datastream":{{"@iot.id":{stream}}},"components":["phenomenonTime","result","parameters"],'
    answer = await city.send(
        "POST", "CreateObservations", content=head.encode() + b'"dataArray":[' + rows + b"]}]"
    )
    assert answer.status_code == 201, answer.text
    kept = [line.startswith("error") for line in answer.json()]
    assert kept == [True] * 7 + [False, True]


@settings(
    max_examples=150,
    deadline=None,
    database=None,
    derandomize=True,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(
    path=st.sampled_from(["Things", "Observations", "CreateObservations", "Locations", "Datastreams"]),
    body=asking.bodies,
)
async def test_any_body_is_stored_whole_or_refused(
    city: City, stream: int, database: str, path: str, body: bytes
) -> None:
    before = await judging.rows(database)
    answer = judging.check(await city.send("POST", path, content=body))
    if answer.status_code >= 400:
        assert await judging.rows(database) == before
