# SPDX-License-Identifier: EUPL-1.2
"""MultiDatastreams (18-088, clause 11): their components, and results that fit them."""

from __future__ import annotations

from typing import Any

import pytest

from tests.things import judging
from tests.things.factories import (
    MEASUREMENT,
    UNIT,
    City,
    location,
    multi_datastream,
    observed_property,
    thing,
)

pytestmark = pytest.mark.anyio
OM = "http://www.opengis.net/def/observationType/OGC-OM/2.0/OM_"


@pytest.fixture
async def stream(city: City) -> int:
    """Direction and speed, both numbers."""
    number = await city.create("Things", thing(Locations=[location()]))
    return await city.create("MultiDatastreams", multi_datastream(Thing={"@iot.id": number}))


def lists(size: int) -> dict[str, Any]:
    return {
        "unitOfMeasurements": [UNIT | {"symbol": str(n)} for n in range(size)],
        "multiObservationDataTypes": [MEASUREMENT] * size,
        "ObservedProperties": [observed_property(name=str(n)) for n in range(size)],
    }


async def test_a_deep_insert_brings_components_and_observations(city: City) -> None:
    body = multi_datastream(**lists(3), Observations=[{"result": [1, 2, 3]}, {"result": [None, 2, None]}])
    del body["observationType"]
    number = await city.create("Things", thing(Locations=[location()], MultiDatastreams=[body]))
    (found,) = await city.values(
        f"Things({number})/MultiDatastreams?$expand=ObservedProperties,Observations,Sensor"
    )
    assert found["observationType"] == OM + "ComplexObservation"
    assert [unit["symbol"] for unit in found["unitOfMeasurements"]] == ["0", "1", "2"]
    assert [item["name"] for item in found["ObservedProperties"]] == ["0", "1", "2"]
    assert found["multiObservationDataTypes"] == [MEASUREMENT] * 3
    assert sorted(str(item["result"]) for item in found["Observations"]) == ["[1, 2, 3]", "[None, 2, None]"]


async def test_one_property_may_stand_for_several_components(city: City) -> None:
    number = await city.create("Things", thing(Locations=[location()]))
    one, two = [await city.create("ObservedProperties", observed_property(name=n)) for n in "ab"]
    order = [{"@iot.id": two}, {"@iot.id": one}, {"@iot.id": two}]
    body = multi_datastream(Thing={"@iot.id": number}) | lists(3) | {"ObservedProperties": order}
    made = await city.create("MultiDatastreams", body)
    path = f"MultiDatastreams({made})"
    for found in (
        await city.values(f"{path}/ObservedProperties"),
        (await city.get(f"{path}?$expand=ObservedProperties"))["ObservedProperties"],
        (await city.values(f"Things({number})/MultiDatastreams?$expand=ObservedProperties"))[0][
            "ObservedProperties"
        ],
    ):
        assert [item["name"] for item in found] == ["b", "a", "b"]
    page = await city.get(f"{path}/ObservedProperties?$top=2&$filter=name ne 'x'")
    (last,) = await city.values(page["@iot.nextLink"])
    assert [item["name"] for item in page["value"]] == ["b", "a"]
    assert last["name"] == "b"
    await city.create(f"{path}/Observations", {"result": [1, 2, 3]})
    assert made in [m["@iot.id"] for m in await city.values(f"ObservedProperties({one})/MultiDatastreams")]
    assert (await city.send("DELETE", f"ObservedProperties({one})")).status_code == 200
    assert (await city.send("GET", f"MultiDatastreams({made})")).status_code == 404


@pytest.mark.parametrize(
    ("change", "where"),
    [
        ({"unitOfMeasurements": [UNIT]}, "unitOfMeasurements"),
        ({"unitOfMeasurements": []}, "unitOfMeasurements"),
        ({"unitOfMeasurements": None}, "unitOfMeasurements"),
        ({"unitOfMeasurements": [UNIT, {"name": "x"}]}, "unitOfMeasurements[1].symbol"),
        ({"multiObservationDataTypes": [MEASUREMENT, 5]}, "multiObservationDataTypes[1]"),
        ({"multiObservationDataTypes": MEASUREMENT}, "multiObservationDataTypes"),
        ({"ObservedProperties": None}, "ObservedProperties"),
    ],
    ids=str,
)
async def test_lists_that_do_not_fit_are_refused(
    city: City, stream: int, database: str, change: dict[str, Any], where: str
) -> None:
    (owner,) = [(await city.get(f"MultiDatastreams({stream})/Thing"))["@iot.id"]]
    before = await judging.rows(database)
    body = multi_datastream(Thing={"@iot.id": owner}) | change
    assert (await city.refused("POST", "MultiDatastreams", json=body))["where"] == where
    document = await city.refused("PATCH", f"MultiDatastreams({stream})", json=change)
    assert (document["code"], document["where"]) == (400, where)
    assert await judging.rows(database) == before


async def test_components_are_changed_in_their_places(city: City, stream: int) -> None:
    units = [UNIT | {"symbol": "rad"}, UNIT | {"symbol": "kn"}]
    path = f"MultiDatastreams({stream})"
    assert (await city.send("PATCH", path, json={"unitOfMeasurements": units})).status_code == 200
    other = await city.create("ObservedProperties", observed_property(name="gust"))
    known = (await city.values(f"{path}/ObservedProperties"))[0]
    order = [{"@iot.id": other}, {"@iot.id": known["@iot.id"]}]
    assert (await city.send("PATCH", path, json={"ObservedProperties": order})).status_code == 200
    found = await city.get(f"{path}?$expand=ObservedProperties")
    assert found["unitOfMeasurements"] == units
    assert [item["name"] for item in found["ObservedProperties"]] == ["gust", "direction"]


async def test_their_number_changes_only_before_the_first_observation(city: City, stream: int) -> None:
    path = f"MultiDatastreams({stream})"
    one = lists(1) | {"ObservedProperties": [{"@iot.id": 1}]}
    three = lists(3) | {"ObservedProperties": [{"@iot.id": 1}] * 3}
    assert (await city.send("PATCH", path, json=three)).status_code == 200
    await city.create(f"{path}/Observations", {"result": [1, 2, 3]})
    assert (await city.refused("PATCH", path, json=one))["code"] == 409
    (made,) = await city.values(f"{path}/Observations")
    assert (await city.send("DELETE", f"Observations({made['@iot.id']})")).status_code == 200
    assert (await city.send("PATCH", path, json=one)).status_code == 200
    await city.create(f"{path}/Observations", {"result": [1]})


@pytest.mark.parametrize(
    ("result", "where"),
    [
        (5, "result"),
        ([5], "result"),
        ([5, 6, 7], "result"),
        ({"0": 5}, "result"),
        ([5, "x"], "result[1]"),
        ([True, 5], "result[0]"),
        ([10**400, 5], "result[0]"),
    ],
    ids=lambda item: str(item)[:20],
)
async def test_results_that_do_not_fit_are_refused(city: City, stream: int, result: Any, where: str) -> None:
    path = f"MultiDatastreams({stream})/Observations"
    assert (await city.refused("POST", path, json={"result": result}))["where"] == where
    made = await city.create(path, {"result": [1, 2]})
    document = await city.refused("PATCH", f"Observations({made})", json={"result": result})
    assert document["where"] == where
    assert (await city.get(f"Observations({made})"))["result"] == [1, 2]


_FITS = {
    "Measurement": ([1, 1.5, -2e300, None], ["1", True, [1], {}]),
    "CountObservation": ([0, 5, 2**60, None], [1.5, "1", True]),
    "TruthObservation": ([True, False, None], [1, "true"]),
    "CategoryObservation": (["a", "http://example.org/x", None], [1, True, ["a"]]),
    "Observation": ([1, 1.5, "x", True, None, [1, [2]], {"a": {"b": None}}], []),
    "GeometryObservation": ([{"type": "Point", "coordinates": [1, 2]}, "POINT(1 2)"], []),
}


@pytest.mark.parametrize("kind", _FITS)
async def test_results_of_every_type_come_back_as_they_were(city: City, kind: str) -> None:
    """What a type of O&M does not take is refused with the place; other types take anything."""
    from tests.things.factories import datastream

    body = thing(Locations=[location()], Datastreams=[datastream(observationType=OM + kind)])
    number = await city.create("Things", body)
    stream = (await city.values(f"Things({number})/Datastreams"))[0]["@iot.id"]
    path = f"Datastreams({stream})/Observations"
    fitting, wrong = _FITS[kind]
    for value in fitting:
        found = await city.get(f"Observations({await city.create(path, {'result': value})})")
        assert found["result"] == value
        assert type(found["result"]) is type(value) or isinstance(value, float)
    for value in wrong:
        document = await city.refused("POST", path, json={"result": value})
        assert (document["code"], document["where"]) == (400, "result")
        assert kind in document["detail"]


@pytest.mark.parametrize(
    ("member", "value", "expected"),
    [
        ("phenomenonTime", "2024-05-01T02:00:00+02:00", "2024-05-01T00:00:00Z"),
        ("phenomenonTime", "2024-05-01T00:00:00.000001Z", "2024-05-01T00:00:00.000001Z"),
        ("phenomenonTime", "2024-05-01T00:00:00Z/2024-05-01T01:00:00Z", None),
        ("phenomenonTime", "2024-05-01T00:00:00Z/2024-05-01T00:00:00Z", None),
        ("resultTime", "2024-05-01T00:00:00.250Z", None),
        ("validTime", "2024-05-01T00:00:00Z/2034-05-01T00:00:00Z", None),
        ("resultQuality", "good", None),
        ("resultQuality", {"nameOfMeasure": "x", "DQ_Result": {"code": [1, None]}}, None),
        ("resultQuality", [{"status": "doubtful", "flags": []}], None),
        ("parameters", {"a": {"b": [1, "x", None, True, 1.5]}, "ä/~": ""}, None),
        ("parameters", {}, None),
    ],
    ids=str,
)
async def test_every_member_comes_back_as_it_was_sent(
    city: City, stream: int, member: str, value: Any, expected: Any
) -> None:
    made = await city.create(f"MultiDatastreams({stream})/Observations", {"result": [1, 2], member: value})
    assert (await city.get(f"Observations({made})"))[member] == (expected or value)


async def test_a_property_is_taken_out_of_a_multidatastream(city: City, stream: int) -> None:
    """With its unit and type, as the lists stay of one length (18-088, clause 12), if there is no result."""
    address = f"MultiDatastreams({stream})"
    wind = await city.get(f"{address}?$expand=ObservedProperties")
    first, second = wind["ObservedProperties"]
    link = f"{address}/ObservedProperties/$ref?$id="
    for wrong, status in (("../../Sensors(1)", 400), ("", 400), ("http://[", 400), ("../../Things/(", 404)):
        assert (await city.refused("DELETE", link + wrong))["code"] == status
    for beyond in ("name", "properties/a", "$ref", "name/$value"):
        own = f"{link}../../ObservedProperties({first['@iot.id']})/{beyond}"
        assert (await city.refused("DELETE", own))["where"] == "$id", beyond
    assert (await city.refused("DELETE", link.partition("?")[0]))["where"] == "$id"
    assert (await city.refused("DELETE", f"{link}../../ObservedProperties(4711)"))["code"] == 404
    gone = await city.send("DELETE", f"{link}../../ObservedProperties({first['@iot.id']})")
    assert gone.status_code == 204, gone.text
    left = await city.get(f"{address}?$expand=ObservedProperties")
    assert [item["@iot.id"] for item in left["ObservedProperties"]] == [second["@iot.id"]]
    assert left["unitOfMeasurements"] == wind["unitOfMeasurements"][1:]
    assert left["multiObservationDataTypes"] == wind["multiObservationDataTypes"][1:]
    last = f"{address}/ObservedProperties({second['@iot.id']})/$ref"
    assert "at least one" in (await city.refused("DELETE", last))["detail"]
    await city.create(f"{address}/Observations", {"result": [1], "phenomenonTime": "2024-05-01T07:00:00Z"})
    assert "Observations" in (await city.refused("DELETE", last))["detail"]
