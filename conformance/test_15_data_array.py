# SPDX-License-Identifier: EUPL-1.2
"""data-array (18-088, clause 13)."""

from __future__ import annotations

from urllib.parse import urljoin

import pytest

from conformance import bodies
from conformance.service import Entity, Service, at, ids, instant, ref

requirement = pytest.mark.requirement("data-array/data-array", clause="13")
ROWS = 12


@pytest.fixture(scope="module")
def streams(sta: Service) -> list[Entity]:
    """Two Datastreams, one with twelve and one with two Observations."""
    kind = bodies.OM + "OM_CategoryObservation"
    made = [bodies.stream(sta, "array0"), bodies.stream(sta, "array1", observationType=kind)]
    for n in range(ROWS):
        body = {"phenomenonTime": f"2024-03-01T{n:02}:00:00Z", "result": n * 1.5, "Datastream": ref(made[0])}
        sta.create("Observations", body)
    for n in range(2):
        body = {
            "phenomenonTime": f"2024-03-01T{n:02}:00:00Z",
            "result": f"text{n}",
            "Datastream": ref(made[1]),
        }
        sta.create("Observations", body)
    return made


def groups(sta: Service, path: str, **options: str | int) -> list[Entity]:
    """All groups over all pages, each checked for its form (clause 13.1)."""
    found = [group for page in sta.pages(path, resultFormat="dataArray", **options) for group in page]
    for group in found:
        assert group["components"], group
        assert all(isinstance(name, str) for name in group["components"])
        assert group.get("dataArray@iot.count", len(group["dataArray"])) == len(group["dataArray"])
        assert all(len(row) == len(group["components"]) for row in group["dataArray"])
        link = group.get("Datastream@iot.navigationLink") or group["MultiDatastream@iot.navigationLink"]
        assert sta.get(urljoin(sta.base + "/", link))["@iot.id"]
    return found


def column(group: Entity, name: str) -> list[object]:
    """One component of all rows."""
    index = group["components"].index(name)
    return [row[index] for row in group["dataArray"]]


@requirement
def test_observations_as_a_data_array(sta: Service, streams: list[Entity]) -> None:
    """One group per Datastream: its link, the components, the number of rows, and the rows."""
    found = groups(sta, at("Datastreams", streams[0]) + "/Observations", orderby="phenomenonTime")
    assert [value for group in found for value in column(group, "result")] == [n * 1.5 for n in range(ROWS)]
    times = [instant(str(value)) for group in found for value in column(group, "phenomenonTime")]
    assert times == [f"2024-03-01T{n:02}:00:00Z" for n in range(ROWS)]


@requirement
def test_the_default_components_hold_every_property(sta: Service, streams: list[Entity]) -> None:
    """Without $select id, phenomenonTime, result and resultTime are among the components."""
    group = groups(sta, at("Datastreams", streams[0]) + "/Observations")[0]
    assert {"phenomenonTime", "result", "resultTime"} <= set(group["components"])
    assert {"id", "@iot.id"} & set(group["components"])


@requirement
def test_ids_in_a_data_array_are_those_of_the_observations(sta: Service, streams: list[Entity]) -> None:
    """The id of a row leads to the Observation with the values of the row."""
    path = at("Datastreams", streams[0]) + "/Observations"
    group = groups(sta, path, orderby="phenomenonTime")[0]
    name = "id" if "id" in group["components"] else "@iot.id"
    assert column(group, name) == ids(sta.get(path, orderby="phenomenonTime")["value"])


@requirement
def test_select_names_the_components(sta: Service, streams: list[Entity]) -> None:
    """$select chooses the components."""
    path = at("Datastreams", streams[0]) + "/Observations"
    for selected in ("result,phenomenonTime", "phenomenonTime,result", "result"):
        for group in groups(sta, path, select=selected, top=3):
            assert sorted(group["components"]) == sorted(selected.split(","))


@requirement
def test_query_options_work_with_data_arrays(sta: Service, streams: list[Entity]) -> None:
    """filter, orderby, skip, top and count choose the rows."""
    path = at("Datastreams", streams[0]) + "/Observations"
    answer = sta.get(path, resultFormat="dataArray", filter="result gt 3", orderby="result desc", skip=1,
                     top=3, count="true", select="result")  # fmt: skip
    assert answer["@iot.count"] == ROWS - 3
    assert [row for group in answer["value"] for row in group["dataArray"]] == [[15.0], [13.5], [12.0]]


@requirement
def test_groups_of_several_datastreams(sta: Service, streams: list[Entity]) -> None:
    """Observations of different Datastreams stand in groups of their own, all of them once."""
    names = " or ".join(f"Datastream/name eq '{stream['name']}'" for stream in streams)
    by_stream: dict[str, list[object]] = {}
    for group in groups(sta, "Observations", filter=names):
        stream = sta.get(urljoin(sta.base + "/", group["Datastream@iot.navigationLink"]))
        by_stream.setdefault(stream["name"], []).extend(column(group, "result"))
    assert sorted(by_stream[streams[0]["name"]]) == [n * 1.5 for n in range(ROWS)]  # type: ignore[type-var]
    assert sorted(by_stream[streams[1]["name"]]) == ["text0", "text1"]  # type: ignore[type-var]


def creates(sta: Service, body: object) -> list[str]:
    """POST to CreateObservations that is understood (clause 13.2): 201, one entry per row."""
    answer = sta.post("CreateObservations", body)
    assert answer.status_code == 201, f"{answer.status_code}: {answer.text[:300]}"
    found = answer.json()
    assert all(isinstance(entry, str) for entry in found)
    return found  # type: ignore[no-any-return]


def reached(sta: Service, entry: str) -> Entity:
    """The Observation an entry leads to."""
    return sta.get(urljoin(sta.base + "/", entry))  # type: ignore[no-any-return]


@requirement
def test_create_observations(sta: Service) -> None:
    """Observations of several Datastreams in one request; the answer has an address per row, in order."""
    first, second = bodies.stream(sta, "make0"), bodies.stream(sta, "make1")
    feature = sta.create("FeaturesOfInterest", bodies.feature(sta, "make"))
    found = creates(sta, [
        {"Datastream": ref(first), "components": ["phenomenonTime", "result", "FeatureOfInterest/id"],
         "dataArray@iot.count": 2, "dataArray": [["2024-03-01T10:00:00-07:00", 20, feature["@iot.id"]],
                                                 ["2024-03-01T11:00:00-07:00", 30, feature["@iot.id"]]]},
        {"Datastream": ref(second), "components": ["result", "resultTime", "phenomenonTime", "parameters"],
         "dataArray": [[65, "2024-03-01T12:00:00Z", "2024-03-01T11:00:00Z", {"a": 1}]]},
    ])  # fmt: skip
    made = [reached(sta, entry) for entry in found]
    assert [each["result"] for each in made] == [20, 30, 65]
    assert instant(sta.get(at("Observations", made[2]))["resultTime"]) == "2024-03-01T12:00:00Z"
    assert made[2]["parameters"] == {"a": 1}
    for each in made[:2]:
        assert sta.get(at("Observations", each) + "/FeatureOfInterest")["@iot.id"] == feature["@iot.id"]
        assert sta.get(at("Observations", each) + "/Datastream")["@iot.id"] == first["@iot.id"]
    assert len(sta.members(at("Datastreams", first) + "/Observations")) == 2


@requirement
def test_created_observations_get_a_default_feature(sta: Service) -> None:
    """Without a feature, rows get that of the Thing's Location, all of them the same."""
    stream = bodies.stream(sta, "featured")
    rows = [[f"2024-03-01T{n:02}:00:00Z", n] for n in range(3)]
    found = creates(
        sta, [{"Datastream": ref(stream), "components": ["phenomenonTime", "result"], "dataArray": rows}]
    )
    features = {sta.get(at("Observations", reached(sta, entry)) + "/FeatureOfInterest")["@iot.selfLink"]
                for entry in found}  # fmt: skip
    assert len(features) == 1


@requirement
def test_a_row_that_fails_says_error(sta: Service) -> None:
    """Its entry begins with error; the other rows are created."""
    stream = bodies.stream(sta, "partly")
    feature = sta.create("FeaturesOfInterest", bodies.feature(sta, "partly"))
    found = creates(sta, [{
        "Datastream": ref(stream), "components": ["phenomenonTime", "result", "FeatureOfInterest/id"],
        "dataArray": [["2024-03-01T00:00:00Z", 1, feature["@iot.id"]],
                      ["2024-03-01T01:00:00Z", 2, "probablyNotAValidId"],
                      ["2024-03-01T02:00:00Z", 3, feature["@iot.id"]]],
    }])  # fmt: skip
    assert [entry.lower().startswith("error") for entry in found] == [False, True, False]
    results = [
        each["result"] for each in sta.members(at("Datastreams", stream) + "/Observations", orderby="result")
    ]
    assert results == [1, 3]


@requirement
@pytest.mark.parametrize("body", [{}, [{"components": ["result"], "dataArray": [[1]]}], "text"])
def test_what_is_no_data_array_is_refused(sta: Service, body: object) -> None:
    """Without a Datastream, or not in the form of a data array, nothing is created."""
    answer = sta.post("CreateObservations", body)
    if answer.status_code == 201:
        assert all(str(entry).lower().startswith("error") for entry in answer.json())
        assert answer.json(), "nothing was said about the row"
    else:
        sta.refuses(answer)


@requirement
def test_the_stream_follows(sta: Service) -> None:
    """Times of the Datastream span what was created this way, too."""
    stream = bodies.stream(sta, "spanned")
    rows = [["2024-03-05T00:00:00Z", 1], ["2024-03-02T00:00:00Z", 2]]
    creates(sta, [{"Datastream": ref(stream), "components": ["phenomenonTime", "result"], "dataArray": rows}])
    start, _, end = sta.get(at("Datastreams", stream))["phenomenonTime"].partition("/")
    assert (instant(start), instant(end)) == ("2024-03-02T00:00:00Z", "2024-03-05T00:00:00Z")


@requirement
def test_data_arrays_of_multi_datastreams(sta: Service) -> None:
    """A group may name a MultiDatastream; rows whose result has another size fail."""
    if "MultiDatastreams" not in [entry["name"] for entry in sta.get("")["value"]]:
        pytest.skip("the service has no MultiDatastreams")
    thing = sta.create(
        "Things", bodies.thing(sta, "multi-array", Locations=[bodies.location(sta, "multi-array")])
    )
    body = {**bodies.multi_datastream(sta, "multi-array"), "Thing": ref(thing),
            "Sensor": bodies.sensor(sta, "multi-array"),
            "ObservedProperties": [bodies.observed_property(sta, f"multi-array{n}")
                                   for n in range(2)]}  # fmt: skip
    multi = sta.create("MultiDatastreams", body)
    rows = [["2024-03-01T00:00:00Z", [5, 20]], ["2024-03-01T01:00:00Z", 30]]
    group = {"MultiDatastream": ref(multi), "components": ["phenomenonTime", "result"], "dataArray": rows}
    found = creates(sta, [group])
    assert [entry.lower().startswith("error") for entry in found] == [False, True]
    assert reached(sta, found[0])["result"] == [5, 20]
    group = groups(sta, at("MultiDatastreams", multi) + "/Observations")[0]
    assert column(group, "result") == [[5, 20]]
