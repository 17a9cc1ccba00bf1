# SPDX-License-Identifier: EUPL-1.2
"""datamodel/datastream (18-088, clause 8.2.4)."""

from __future__ import annotations

import pytest

from conformance import bodies
from conformance.checks import expands, has, lacks, leads, needs, says
from conformance.service import Service, at, interval, ref
from conformance.town import DAY, Town

properties = pytest.mark.requirement("datamodel/datastream/properties", clause="8.2.4")
relations = pytest.mark.requirement("datamodel/datastream/relations", clause="8.2.4")
TYPES = ("OM_CategoryObservation", "OM_CountObservation", "OM_Measurement", "OM_Observation",
         "OM_TruthObservation")  # fmt: skip


def links(city: Town) -> dict[str, object]:
    """A Thing, a Sensor and an ObservedProperty of the town."""
    return {"Thing": ref(city.things[3]), "Sensor": ref(city.sensors[0]),
            "ObservedProperty": ref(city.properties[0])}  # fmt: skip


@properties
def test_mandatory_properties_have_their_types(sta: Service, city: Town) -> None:
    """Three texts, and unitOfMeasurement: an object of name, symbol and definition."""
    body = bodies.datastream(sta, "plain-stream")
    made = sta.create("Datastreams", {**body, **links(city)})
    has(made, name=str, description=str, observationType=str, unitOfMeasurement=dict)
    says(made, body)
    assert set(made["unitOfMeasurement"]) == {"name", "symbol", "definition"}
    lacks(made, "phenomenonTime", "resultTime", "observedArea", "properties")
    sta.delete(at("Datastreams", made))


@properties
@pytest.mark.parametrize("kind", TYPES)
def test_every_observation_type_of_the_table_is_taken(sta: Service, city: Town, kind: str) -> None:
    """observationType is one of the value codes of O&M."""
    body = bodies.datastream(sta, kind, observationType=bodies.OM + kind)
    made = sta.create("Datastreams", {**body, **links(city)})
    assert made["observationType"] == bodies.OM + kind
    sta.delete(at("Datastreams", made))


@properties
def test_a_stream_without_unit_says_null(sta: Service, city: Town) -> None:
    """Where there is no unit of measurement, its three values are null."""
    unit = {"name": None, "symbol": None, "definition": None}
    body = bodies.datastream(sta, "unitless", unitOfMeasurement=unit)
    made = sta.create("Datastreams", {**body, **links(city)})
    assert made["unitOfMeasurement"] == unit
    sta.delete(at("Datastreams", made))


@properties
def test_mandatory_properties_are_mandatory(sta: Service, city: Town) -> None:
    """Without any one of the four there is no Datastream."""
    body = {**bodies.datastream(sta, "lacking"), **links(city)}
    needs(sta, "Datastreams", body, "name", "description", "observationType", "unitOfMeasurement")


@properties
def test_phenomenon_time_is_the_interval_of_all_observations(sta: Service, city: Town) -> None:
    """phenomenonTime spans the phenomenon times of the Observations of the Datastream."""
    stream = sta.get(at("Datastreams", city.streams[0]))
    assert interval(stream["phenomenonTime"]) == (f"{DAY}00:00:00Z", f"{DAY}09:00:00Z")
    two = sta.get(at("Datastreams", city.streams[1]))
    assert interval(two["phenomenonTime"]) == ("2024-04-01T12:00:00Z", "2024-04-02T13:00:00Z")


@properties
def test_result_time_is_the_interval_of_all_result_times(sta: Service, city: Town) -> None:
    """resultTime spans the result times of the Observations of the Datastream."""
    stream = sta.get(at("Datastreams", city.streams[0]))
    assert interval(stream["resultTime"]) == (f"{DAY}00:30:15.5Z", f"{DAY}09:30:15.5Z")


@properties
def test_a_stream_without_observations_has_no_times(sta: Service, city: Town) -> None:
    """Before the first Observation there is nothing to span."""
    lacks(sta.get(at("Datastreams", city.streams[3])), "phenomenonTime", "resultTime", "observedArea")


@properties
def test_observed_area_is_a_geojson_geometry(sta: Service, city: Town) -> None:
    """A given observedArea comes back; it is a GeoJSON polygon."""
    area = bodies.polygon((7, 51), (8, 51), (8, 52), (7, 52))
    made = sta.create("Datastreams", {**bodies.datastream(sta, "area", observedArea=area), **links(city)})
    if "observedArea" not in made:
        pytest.skip("observedArea is optional, and this service computes it from Observations only")
    assert made["observedArea"] == area
    sta.delete(at("Datastreams", made))


@properties
def test_properties_is_a_json_object(sta: Service, city: Town) -> None:
    """properties is an optional JSON object."""
    for number, stream in enumerate(city.streams):
        assert sta.get(at("Datastreams", stream))["properties"] == {"order": number}


@relations
def test_a_datastream_has_one_thing_sensor_and_observed_property(sta: Service, city: Town) -> None:
    """Each of the three is mandatory and single."""
    expected = [(0, 0, 0), (0, 1, 1), (1, 0, 1), (2, 1, 0)]
    for stream, (thing, sensor, observed) in zip(city.streams, expected, strict=True):
        for relation, entity in (("Thing", city.things[thing]), ("Sensor", city.sensors[sensor]),
                                 ("ObservedProperty", city.properties[observed])):  # fmt: skip
            leads(sta, stream, relation, entity)
            expands(sta, "Datastreams", stream, relation, entity)


@relations
def test_a_datastream_leads_to_its_observations(sta: Service, city: Town) -> None:
    """A Datastream has zero to many Observations, and only its own."""
    for number, expected in ((0, city.observations[:10]), (1, city.observations[10:12]),
                             (2, city.observations[12:]), (3, [])):  # fmt: skip
        leads(sta, city.streams[number], "Observations", expected)
        expands(sta, "Datastreams", city.streams[number], "Observations", expected)
