# SPDX-License-Identifier: EUPL-1.2
"""JSON Patch (RFC 6902) on entities: all operations or none, and what each answer means."""

from __future__ import annotations

import asyncio
import contextlib
import copy
import json
from typing import Any

import httpx
import jsonpatch
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from stadtkern.things.operations import patching, problems
from tests.things import twins
from tests.things.factories import City, datastream, hourly, location, thing

pytestmark = pytest.mark.anyio
KIND = {"content-type": "application/json-patch+json"}
_PROPERTIES = {"a": 1, "list": [1, 2], "deep": {"x": None}, "sl/ash": 1, "ti~lde": 2}


async def patched(city: City, path: str, *operations: dict[str, Any]) -> httpx.Response:
    return await city.send("PATCH", path, content=json.dumps(operations), more=KIND)


@pytest.mark.parametrize(
    ("operations", "expected"),
    [
        ([{"op": "add", "path": "/properties/b", "value": [1]}], _PROPERTIES | {"b": [1]}),
        ([{"op": "add", "path": "/properties/list/-", "value": 3}], _PROPERTIES | {"list": [1, 2, 3]}),
        ([{"op": "add", "path": "/properties/list/0", "value": 0}], _PROPERTIES | {"list": [0, 1, 2]}),
        ([{"op": "remove", "path": "/properties/list/1"}], _PROPERTIES | {"list": [1]}),
        ([{"op": "replace", "path": "/properties/deep/x", "value": 5}], _PROPERTIES | {"deep": {"x": 5}}),
        ([{"op": "replace", "path": "/properties/sl~1ash", "value": 2}], _PROPERTIES | {"sl/ash": 2}),
        ([{"op": "replace", "path": "/properties/ti~0lde", "value": 3}], _PROPERTIES | {"ti~lde": 3}),
        ([{"op": "copy", "from": "/properties/a", "path": "/properties/c"}], _PROPERTIES | {"c": 1}),
        ([{"op": "test", "path": "/properties/deep", "value": {"x": None}}], _PROPERTIES),
        ([{"op": "replace", "path": "/properties", "value": {}}], {}),
        ([{"op": "remove", "path": "/properties"}], None),
        ([], _PROPERTIES),
    ],
)
async def test_operations_change_what_they_name(city: City, operations: list[Any], expected: Any) -> None:
    number = await city.create("Things", thing(properties=_PROPERTIES))
    answer = await patched(city, f"Things({number})", *operations)
    assert answer.status_code == 200, answer.text
    found = await city.get(f"Things({number})")
    assert found.get("properties") == expected
    assert (found["name"], found["description"]) == ("tree", "-")


async def test_a_move_takes_the_value_along(city: City) -> None:
    number = await city.create("Things", thing(properties={"a": 1}))
    move = {"op": "move", "from": "/properties/a", "path": "/properties/b"}
    assert (await patched(city, f"Things({number})", move)).status_code == 200
    assert (await city.get(f"Things({number})"))["properties"] == {"b": 1}


@pytest.mark.parametrize(
    ("operation", "status"),
    [
        ({"op": "test", "path": "/name", "value": "other"}, 409),
        ({"op": "test", "path": "/properties/a", "value": True}, 409),
        ({"op": "test", "path": "/properties/none", "value": None}, 409),
        ({"op": "remove", "path": "/properties/none"}, 409),
        ({"op": "replace", "path": "/properties/none", "value": 1}, 409),
        ({"op": "add", "path": "/properties/none/deeper", "value": 1}, 409),
        ({"op": "add", "path": "/properties/list/9", "value": 1}, 409),
        ({"op": "add", "path": "/properties/list/01", "value": 1}, 409),
        ({"op": "add", "path": "/name/0", "value": 1}, 409),
        ({"op": "move", "from": "/properties", "path": "/properties/inside"}, 409),
        ({"op": "remove", "path": ""}, 409),
        ({"op": "remove", "path": "/name"}, 422),
        ({"op": "replace", "path": "/name", "value": 5}, 422),
        ({"op": "add", "path": "/unknown", "value": 5}, 422),
        ({"op": "replace", "path": "", "value": []}, 422),
        ({"op": "add", "path": "/properties", "value": []}, 422),
        ({"op": "add", "path": "/Locations", "value": [{"@iot.id": 99_999}]}, 422),
        ({"op": "add", "path": "/properties/list/-"}, 400),
        ({"op": "frobnicate", "path": "/name"}, 400),
        ({"op": "append", "path": "/name", "value": "x"}, 400),
        ({"op": "remove", "path": "name"}, 400),
        ({"op": "remove", "path": "/a~b"}, 400),
        ({"op": "copy", "path": "/properties/x"}, 400),
        ({"op": "copy", "path": "/properties/x", "from": 5}, 400),
        ({"path": "/name"}, 400),
        ("remove", 400),
    ],
    ids=str,
)
async def test_a_patch_that_cannot_be_carried_out_changes_nothing(
    city: City, operation: Any, status: int
) -> None:
    """400: not a patch; 409: it does not fit what is there; 422: what comes of it is no entity."""
    number = await city.create("Things", thing(properties=_PROPERTIES))
    before = await city.get(f"Things({number})")
    good = {"op": "add", "path": "/properties/good", "value": 1}
    document = await city.refused(
        "PATCH", f"Things({number})", content=json.dumps([good, operation]), more=KIND
    )
    assert document["code"] == status, document
    assert await city.get(f"Things({number})") == before


@pytest.mark.parametrize(
    "body", ["{}", "5", '"x"', "[[]]", '[{"op":"test","op":"add","path":"","value":1}]', "[{]"]
)
async def test_what_is_no_list_of_operations_is_refused(city: City, body: str) -> None:
    number = await city.create("Things", thing())
    assert (await city.refused("PATCH", f"Things({number})", content=body, more=KIND))["code"] == 400


async def test_copies_cannot_blow_an_entity_up(city: City) -> None:
    number = await city.create("Things", thing(properties={"x": "y" * 1000}))
    double = [{"op": "copy", "from": "/properties", "path": f"/properties/a{i}"} for i in range(40)]
    document = await city.refused("PATCH", f"Things({number})", content=json.dumps(double), more=KIND)
    assert document["code"] == 409
    many = [{"op": "test", "path": "/name", "value": "tree"}] * 1_001
    document = await city.refused("PATCH", f"Things({number})", content=json.dumps(many), more=KIND)
    assert document["code"] == 400


async def test_every_type_of_entity_takes_a_patch(city: City) -> None:
    await twins.build(city, name="patched")
    ids = await twins.first_ids(city)
    for name, path in {
        "Location": "/location/coordinates/0",
        "Sensor": "/metadata",
        "ObservedProperty": "/definition",
        "Datastream": "/unitOfMeasurement/symbol",
        "MultiDatastream": "/unitOfMeasurements/0/symbol",
        "FeatureOfInterest": "/feature/coordinates/1",
        "HistoricalLocation": "/time",
        "Observation": "/result",
    }.items():
        value: Any = {"/time": "2024-01-01T00:00:00Z", "/result": 5, "/metadata": {"a": 1}}.get(path, "new")
        if "coordinates" in path:
            value = 7.5
        collection = next(e.set for e in twins.entities.ENTITIES if e.name == name)
        address = f"{collection}({ids[name]})"
        answer = await patched(city, address, {"op": "replace", "path": path, "value": value})
        assert answer.status_code == 200, answer.text
        read = await patched(city, address, {"op": "test", "path": path, "value": value})
        assert read.status_code == 200, read.text


async def test_relations_to_one_are_part_of_the_patch(city: City) -> None:
    number = await city.create("Things", thing(Datastreams=[datastream()]))
    stream = (await city.values(f"Things({number})/Datastreams"))[0]["@iot.id"]
    other = await city.create("Things", thing(name="other"))
    old = {"op": "test", "path": "/Thing/@iot.id", "value": number}
    new = {"op": "replace", "path": "/Thing/@iot.id", "value": other}
    assert (await patched(city, f"Datastreams({stream})", old, new)).status_code == 200
    assert (await city.get(f"Datastreams({stream})/Thing"))["@iot.id"] == other
    assert (await patched(city, f"Datastreams({stream})", old, new)).status_code == 409
    gone = {"op": "remove", "path": "/Thing"}
    assert (await patched(city, f"Datastreams({stream})", gone)).status_code == 422


async def test_an_observation_keeps_what_the_patch_does_not_name(city: City) -> None:
    body = hourly(1)[0] | {"parameters": {"a": 1, "b": 2}, "resultQuality": "good"}
    number = await city.create(
        "Things", thing(Locations=[location()], Datastreams=[datastream(observations=[body])])
    )
    stream = (await city.values(f"Things({number})/Datastreams"))[0]["@iot.id"]
    (before,) = await city.values(f"Datastreams({stream})/Observations")
    answer = await patched(
        city, f"Observations({before['@iot.id']})", {"op": "remove", "path": "/parameters/a"}
    )
    assert answer.status_code == 200, answer.text
    after = await city.get(f"Observations({before['@iot.id']})")
    assert after == before | {"parameters": {"b": 2}}


async def test_two_who_add_at_once_both_succeed(city: City) -> None:
    """A patch reads and writes in one: none overwrites what another did meanwhile."""
    number = await city.create("Things", thing(properties={"n": []}))
    adds = [{"op": "add", "path": "/properties/n/-", "value": i} for i in range(8)]
    answers = await asyncio.gather(*(patched(city, f"Things({number})", each) for each in adds))
    assert [answer.status_code for answer in answers] == [200] * 8
    assert sorted((await city.get(f"Things({number})"))["properties"]["n"]) == list(range(8))


async def test_only_who_may_change_learns_whether_a_test_holds(city: City) -> None:
    number = await city.create("Things", thing())
    test = [{"op": "test", "path": "/name", "value": "wrong"}]
    answer = await city.anonymous().send("PATCH", f"Things({number})", content=json.dumps(test), more=KIND)
    assert answer.status_code == 401


_values = st.recursive(
    st.none() | st.booleans() | st.integers(-2, 2) | st.sampled_from(["", "a"]),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(["a", "b", "", "0"]), inner, max_size=3)
    ),
    max_leaves=8,
)
_places = st.lists(st.sampled_from(["a", "b", "0", "1", "-", "01", "~0", "~1", ""]), max_size=3).map(
    lambda parts: "".join(f"/{part}" for part in parts)
)
_operations = st.lists(
    st.fixed_dictionaries(
        {
            "op": st.sampled_from(["add", "remove", "replace", "move", "copy", "test"]),
            "path": _places,
            "from": _places,
            "value": _values,
        }
    ),
    max_size=6,
)


@settings(max_examples=400, deadline=None, database=None, derandomize=True)
@given(document=_values, operations=_operations)
def test_any_patch_is_carried_out_as_the_library_does_or_refused(
    document: Any, operations: list[Any]
) -> None:
    checked = patching.check(operations)
    found: Any = None
    with contextlib.suppress(problems.PatchDoesNotFit):
        found = (patching.apply(copy.deepcopy(document), checked),)
    expected: Any = None
    with contextlib.suppress(jsonpatch.JsonPatchException, jsonpatch.JsonPointerException):
        expected = (jsonpatch.JsonPatch(operations).apply(document),)
    assert found == expected
