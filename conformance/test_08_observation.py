# SPDX-License-Identifier: EUPL-1.2
"""datamodel/observation (18-088, clause 8.2.7)."""

from __future__ import annotations

import pytest

from conformance import bodies
from conformance.checks import expands, has, lacks, leads
from conformance.service import Entity, Service, at, instant, interval, ref
from conformance.town import DAY, RESULTS, Town

properties = pytest.mark.requirement("datamodel/observation/properties", clause="8.2.7")
relations = pytest.mark.requirement("datamodel/observation/relations", clause="8.2.7")
TIME = "2024-05-01T00:00:00Z"


@pytest.fixture(scope="module")
def stream(sta: Service) -> Entity:
    """A Datastream that takes any result."""
    return bodies.stream(sta, "any", observationType=bodies.OM + "OM_Observation")


def observe(sta: Service, stream: Entity, result: object, **more: object) -> Entity:
    """A new Observation of the Datastream."""
    return sta.create("Observations", {"result": result, "Datastream": ref(stream), **more})


@properties
@pytest.mark.parametrize(("kind", "result"), [
    ("OM_Measurement", 21.5), ("OM_Measurement", -1e-7), ("OM_Measurement", 12345678.901),
    ("OM_CountObservation", 12), ("OM_CountObservation", 0), ("OM_TruthObservation", True),
    ("OM_TruthObservation", False), ("OM_CategoryObservation", "http://example.org/category/ä"),
    ("OM_CategoryObservation", "17"), ("OM_Observation", {"any": ["thing", {"is": None}], "n": 1.5}),
    ("OM_Observation", [1, 2.5, "three", None, True]), ("OM_Observation", "text with 'quotes' and \"more\""),
])  # fmt: skip
def test_the_result_comes_back_as_it_was(sta: Service, stream: Entity, kind: str, result: object) -> None:
    """result may be of any type that fits the observationType, and keeps its JSON type and value."""
    own = stream
    if kind != "OM_Observation":
        links = {name: ref(sta.get(at("Datastreams", stream) + f"/{name}"))
                 for name in ("Thing", "Sensor", "ObservedProperty")}  # fmt: skip
        own = sta.create(
            "Datastreams", {**bodies.datastream(sta, kind, observationType=bodies.OM + kind), **links}
        )
    made = observe(sta, own, result, phenomenonTime=TIME)
    assert made["result"] == result
    assert isinstance(made["result"], bool) == isinstance(result, bool)


@properties
def test_phenomenon_time_is_an_instant_or_an_interval(sta: Service, city: Town) -> None:
    """phenomenonTime is mandatory, an ISO 8601 instant or interval."""
    first = sta.get(at("Observations", city.observations[0]))
    assert instant(first["phenomenonTime"]) == f"{DAY}00:00:00Z"
    period = sta.get(at("Observations", city.observations[10]))
    assert "/" in period["phenomenonTime"]
    assert interval(period["phenomenonTime"]) == ("2024-04-01T12:00:00Z", "2024-04-01T13:00:00Z")


@properties
@pytest.mark.parametrize(("sent", "same"), [
    ("2024-05-02T10:00:00+02:00", "2024-05-02T08:00:00Z"),
    ("2024-05-02T10:00:00.123Z", "2024-05-02T10:00:00.123Z"),
    ("2024-05-02T10:00:00-07:00", "2024-05-02T17:00:00Z"),
])  # fmt: skip
def test_instants_keep_their_moment(sta: Service, stream: Entity, sent: str, same: str) -> None:
    """Offsets and fractions of a second are understood."""
    made = observe(sta, stream, 1, phenomenonTime=sent)
    path = at("Datastreams", stream) + "/Observations"
    found = sta.members(path, filter=f"phenomenonTime eq {same}")
    assert [entity["@iot.id"] for entity in found] == [made["@iot.id"]]


@properties
def test_result_time_is_an_instant_or_null(sta: Service, city: Town) -> None:
    """resultTime is mandatory in 1.1's table: it is there, and null when nobody gave it."""
    given = sta.get(at("Observations", city.observations[3]))
    assert instant(given["resultTime"]) == f"{DAY}03:30:15.5Z"
    absent = sta.get(at("Observations", city.observations[1]))
    lacks(absent, "resultTime")
    assert "resultTime" in absent


@properties
def test_valid_time_is_an_interval(sta: Service, city: Town) -> None:
    """validTime is an optional ISO 8601 interval."""
    given = sta.get(at("Observations", city.observations[2]))
    assert interval(given["validTime"]) == (f"{DAY}02:00:00Z", f"{DAY}04:00:00Z")
    lacks(sta.get(at("Observations", city.observations[7])), "validTime")


@properties
@pytest.mark.parametrize("quality", ["good", 0.5, {"code": 2, "label": "Niveau 1"}, [{"nameOfMeasure": "x"}]])
def test_result_quality_comes_back_as_it_was(sta: Service, stream: Entity, quality: object) -> None:
    """resultQuality is an optional DQ_Element, or an array of them."""
    made = observe(sta, stream, 2, phenomenonTime="2024-05-03T00:00:00Z", resultQuality=quality)
    assert made["resultQuality"] == quality


@properties
def test_parameters_is_a_json_object(sta: Service, stream: Entity) -> None:
    """parameters is an optional JSON object of key-value pairs."""
    content = {"operator": "Ä", "depth": 1.5, "list": [1, 2], "object": {"k": None}}
    made = observe(sta, stream, 3, phenomenonTime="2024-05-04T00:00:00Z", parameters=content)
    has(made, parameters=dict)
    assert made["parameters"] == content
    lacks(observe(sta, stream, 4, phenomenonTime="2024-05-05T00:00:00Z"), "parameters", "resultQuality")


@properties
def test_a_result_is_mandatory(sta: Service, stream: Entity) -> None:
    """Without a result there is no Observation."""
    sta.refuses(sta.post("Observations", {"phenomenonTime": TIME, "Datastream": ref(stream)}))


@properties
@pytest.mark.parametrize("name", ["phenomenonTime", "resultTime", "validTime"])
def test_what_is_no_time_is_refused(sta: Service, stream: Entity, name: str) -> None:
    """A text that is no ISO 8601 time is not taken as one."""
    body = {"result": 1, "Datastream": ref(stream), name: "last Tuesday"}
    sta.refuses(sta.post("Observations", body))


@relations
def test_an_observation_has_one_datastream_and_one_feature(sta: Service, city: Town) -> None:
    """Both are mandatory and single."""
    for number in range(len(RESULTS)):
        made = city.observations[number]
        leads(sta, made, "Datastream", city.streams[0])
        leads(sta, made, "FeatureOfInterest", city.features[number % 2])
    expands(sta, "Observations", city.observations[0], "Datastream", city.streams[0])
    expands(sta, "Observations", city.observations[0], "FeatureOfInterest", city.features[0])
