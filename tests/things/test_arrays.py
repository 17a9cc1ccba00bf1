# SPDX-License-Identifier: EUPL-1.2
"""Data arrays: good rows are kept, bad ones named."""

from __future__ import annotations

from typing import Any

import pytest

from tests.things.factories import City, datastream, location, thing

pytestmark = pytest.mark.anyio


@pytest.fixture(scope="module")
async def stream(city: City) -> int:
    """A Datastream of measurements."""
    number = await city.create("Things", thing(Locations=[location()], Datastreams=[datastream()]))
    found: int = (await city.values(f"Things({number})/Datastreams"))[0]["@iot.id"]
    return found


async def test_good_rows_of_a_data_array_are_kept_and_bad_ones_named(city: City, stream: int) -> None:
    rows = [["2024-02-01T00:00:00Z", 1], ["2024-02-01T01:00:00Z", "warm"], ["01.02.2024", 3]]
    rows += [["2024-02-01T02:00:00Z"], ["2024-02-01T03:00:00Z", 4.5], ["1492-01-01T00:00:00Z", 5]]
    array = {"Datastream": {"@iot.id": stream}, "components": ["phenomenonTime", "result"], "dataArray": rows}
    unknown = array | {"Datastream": {"@iot.id": 999999}}
    announced = array | {"dataArray@iot.count": 7}  # what comes counts, not what is announced
    answer = await city.send("POST", "CreateObservations", json=[announced, unknown])
    assert answer.status_code == 201
    found = answer.json()
    assert len(found) == 12
    assert [item.startswith("error") for item in found] == [False, True, True, True, False, True] + [True] * 6
    assert "phenomenonTime" in found[2]
    assert [(await city.get(link))["result"] for link in (found[0], found[4])] == [1, 4.5]
    for link in (found[0], found[4]):
        await city.send("DELETE", link)


async def test_a_large_data_array_keeps_its_order(city: City, stream: int) -> None:
    times = [
        f"2023-{month:02}-01T{hour:02}:{minute:02}:00Z"
        for month in range(1, 13)
        for hour in range(24)
        for minute in range(60)
    ]
    rows = [[time, number] for number, time in enumerate(times)]
    array = {"Datastream": {"@iot.id": stream}, "components": ["phenomenonTime", "result"], "dataArray": rows}
    answer = await city.send("POST", "CreateObservations", json=[array])
    links = answer.json()
    assert len(set(links)) == len(times)
    assert (await city.get(links[12_345]))["result"] == 12_345
    assert (await city.send("GET", f"Datastreams({stream})/Observations/$count")).text == str(len(times))


@pytest.mark.parametrize(
    ("body", "where"),
    [
        ([{"components": ["result"], "dataArray": []}], "[0].Datastream"),
        ([{"Datastream": {"@iot.id": 1}, "components": ["nope"], "dataArray": []}], "[0].components"),
        (
            [{"Datastream": {"@iot.id": 1}, "components": ["phenomenonTime"], "dataArray": []}],
            "[0].components",
        ),
        ([{"Datastream": {"@iot.id": 1}, "components": ["result"], "dataArray": {}}], "[0].dataArray"),
        ([{"Datastream": {"@iot.id": 1}, "components": ["result"], "dataArray": [], "x": 1}], "body"),
        ({}, "body"),
    ],
)
async def test_wrong_data_arrays_are_refused(city: City, stream: int, body: Any, where: str) -> None:
    assert (await city.refused("POST", "CreateObservations", json=body))["where"].startswith(where)


async def test_rows_that_are_nested_deeply_are_refused(city: City, stream: int) -> None:
    """Good rows beside them are kept, too; where nothing can be read any more, nothing is stored."""
    head = f'[{{"Datastream":{{"@iot.id":{stream}}},"components":["phenomenonTime","result"],"dataArray":['
    good = '["2024-05-01T00:00:00Z",1]'
    stored = f"Datastreams({stream})/Observations/$count"
    before = int((await city.send("GET", stored)).text)
    for depth in (100_000, 200_000):
        body = f"{head}{good},{'[' * depth}{']' * depth}]}}]".encode()
        said = await city.refused("POST", "CreateObservations", content=body)
        assert (said["where"], said["detail"]) == ("[0].dataArray", "it is nested too deeply")
    assert (await city.send("GET", stored)).text == str(before)
    for depth in (50, 500):
        body = f"{head}{good},{'[' * depth}{']' * depth}]}}]".encode()
        links = (await city.send("POST", "CreateObservations", content=body)).json()
        assert (await city.get(links[0]))["result"] == 1
        assert "error" in links[1]
    assert (await city.send("GET", stored)).text == str(before + 1)


async def test_rows_may_name_features_that_exist(city: City, stream: int) -> None:
    feature = {"name": "f", "description": "-", "encodingType": "application/geo+json"}
    number = await city.create(
        "FeaturesOfInterest", feature | {"feature": {"type": "Point", "coordinates": [1, 2]}}
    )
    rows = [[1, number], [2, None], [3, 999999], [4, "x"]]
    array = {
        "Datastream": {"@iot.id": stream},
        "components": ["result", "FeatureOfInterest/id"],
        "dataArray": rows,
    }
    found = (await city.send("POST", "CreateObservations", json=[array])).json()
    assert [item.startswith("error") for item in found] == [False, False, True, True]
    names = [(await city.get(f"{link}/FeatureOfInterest"))["name"] for link in found[:2]]
    assert names == ["f", "Domplatz"]
